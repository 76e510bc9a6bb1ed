# BioCite's service. Build: docker build -t biocite .   Run: see compose.yaml and docs/deploy.md.
# Give an image by digest here to pin more than its version.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# PyTorch's index of CPU builds; "" takes what PyPI offers, which brings CUDA along (docs/decisions/0009).
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/biocite
# torch first and by itself, as in the Makefile, so that no other package's requirement can choose another build of it.
COPY constraints.txt ./
RUN /opt/biocite/bin/python -m pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "$(grep '^torch==' constraints.txt)"
COPY pyproject.toml README.md LICENSE ./
COPY corpora corpora
COPY indexer indexer
COPY retriever retriever
COPY reader reader
COPY api api
RUN /opt/biocite/bin/python -m pip wheel --no-deps --wheel-dir /wheels .
RUN /opt/biocite/bin/python -m pip install -c constraints.txt "$(echo /wheels/biocite-*.whl)[mcp]"

FROM ${PYTHON_IMAGE}
# Of the build stage only the virtual environment is here: no sources, no compiler, no cache.
COPY --from=build /opt/biocite /opt/biocite
ENV PATH=/opt/biocite/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HF_HUB_OFFLINE=1 \
    TRANSFORMERS_OFFLINE=1 \
    TOKENIZERS_PARALLELISM=false \
    BIOCITE_INDEX=/index \
    BIOCITE_HOST=0.0.0.0
# By number, so that an orchestrator can tell that it is not root. /index must belong to it; nothing else is written
# but /tmp, so the root file system may be read-only.
USER 10001:10001
WORKDIR /index
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('BIOCITE_PORT', '8765')}/health/live\", timeout=4)"]
ENTRYPOINT ["biocite"]
CMD ["serve"]
