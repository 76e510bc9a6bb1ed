"""Image, compose file and systemd unit, without the engines that run them: parsed, checked, and what can run is run.

Not run here: the `pip install` steps of the Dockerfile, which need package indexes, and `docker build` and
`docker compose` themselves.
"""

import configparser
import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from api.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("corpora", "indexer", "retriever", "reader", "api")
UNIT = ROOT / "packaging" / "biocite.service"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SECRET = re.compile(r"(secret|_token|password|_key)\w*\s*[=:]\s*\S", re.IGNORECASE)


def instructions():
    """(instruction, its text) of the Dockerfile, lines that go on joined, comments left out."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def stages():
    """The instructions of each stage, FROM first."""
    found = []
    for name, text in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, text))
    return found


def texts(stage, name):
    return [text for found, text in stage if found == name]


def variables(stage):
    return dict(pair.split("=", 1) for text in texts(stage, "ENV") for pair in shlex.split(text))


def test_two_stages_from_one_pinned_image():
    build, final = stages()
    assert texts(build, "FROM") == ["${PYTHON_IMAGE} AS build"]
    assert texts(final, "FROM") == ["${PYTHON_IMAGE}"]
    (image,) = [text.partition("=")[2] for name, text in instructions() if text.startswith("PYTHON_IMAGE=")]
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", image)


def test_the_final_stage_has_the_environment_and_nothing_else():
    final = stages()[-1]
    assert texts(final, "COPY") == ["--from=build /opt/biocite /opt/biocite"]
    assert texts(final, "RUN") == texts(final, "ADD") == []
    assert texts(final, "USER") == ["10001:10001"]
    assert [name for name, _ in final].index("USER") > [name for name, _ in final].index("COPY")
    assert json.loads(texts(final, "ENTRYPOINT")[0]) == ["biocite"]
    assert json.loads(texts(final, "CMD")[0]) == ["serve"]
    assert texts(final, "STOPSIGNAL") == ["SIGTERM"]


def test_the_image_reaches_no_hub_and_its_settings_are_settings():
    environment = variables(stages()[-1])
    assert environment["HF_HUB_OFFLINE"] == environment["TRANSFORMERS_OFFLINE"] == "1"
    settings = load_settings(environment={name: text for name, text in environment.items() if name.startswith(PREFIX)})
    assert (settings.settings.host, settings.settings.index) == ("0.0.0.0", "/index")
    assert texts(stages()[-1], "EXPOSE") == [str(Settings().port)]
    assert settings.settings.insecure is False


def test_no_file_here_holds_a_secret():
    for path in (ROOT / "Dockerfile", ROOT / "compose.yaml", UNIT):
        for line in path.read_text("utf-8").splitlines():
            assert line.strip().startswith("#") or not SECRET.search(line), f"{path.name}: {line}"


def test_what_is_copied_exists_and_is_not_ignored():
    sources = [part for text in texts(stages()[0], "COPY") for part in text.split()[:-1]]
    assert set(PACKAGES) <= set(sources)
    ignore = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert ignore[0] == "*"
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in ignore
    taken = {line[1:] for line in ignore if line.startswith("!")}
    assert taken == set(sources)


def test_every_package_gets_into_the_wheel():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert found - set(listed) == set()


def test_the_steps_of_the_build_that_need_no_network(tmp_path):
    """A virtual environment, the pin of torch, the choice of its index: as the shell of the image would do it."""
    runs = texts(stages()[0], "RUN")
    assert [run for run in runs if "pip" not in run] == ["python -m venv /opt/biocite"]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    install = runs[1].replace("/opt/biocite/bin/python -m pip install", "printf '%s\\n'")
    for index, expected in (("https://x.example/cpu", ["--extra-index-url", "https://x.example/cpu"]), ("", [])):
        done = subprocess.run(
            ["sh", "-c", install], cwd=ROOT, env={**os.environ, "TORCH_INDEX": index}, capture_output=True, text=True
        )
        *options, pin = done.stdout.splitlines()
        assert options == expected
        assert re.fullmatch(r"torch==[\d.]+", pin)
    (tmp_path / "biocite-1-py3-none-any.whl").touch()
    wheel = runs[-1].partition("constraints.txt ")[2].replace("/wheels", str(tmp_path))
    done = subprocess.run(["sh", "-c", f"printf %s {wheel}"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}/biocite-1-py3-none-any.whl[mcp]"


@contextmanager
def answering(status):
    """A server whose every answer has this status, and the paths that were asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check(status, healthy):
    (text,) = texts(stages()[-1], "HEALTHCHECK")
    program, *arguments = json.loads(text.partition("CMD ")[2])
    assert program == "python"
    with answering(status) as (port, asked):
        environment = {**os.environ, "BIOCITE_PORT": str(port)}
        done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=30)
    assert (done.returncode == 0) is healthy
    assert asked == ["/health/live"]
    assert "8765" in arguments[-1]


def test_the_entry_point_is_installed():
    command = Path(sys.executable).parent / "biocite"
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("biocite, version ")


def test_compose_shuts_biocite_in():
    service = COMPOSE["services"]["biocite"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == texts(stages()[-1], "USER")[0]
    assert all(option in service["tmpfs"][0] for option in ("/tmp:", "noexec", "nosuid", "nodev"))
    assert "ports" not in service
    assert service["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert seconds(service["stop_grace_period"]) > Settings().shutdown_seconds
    assert load_settings(environment=service["environment"]).settings.allowed_hosts == ("biocite",)


def test_compose_gives_open_webui_what_it_needs():
    service = COMPOSE["services"]["open-webui"]
    assert service["environment"]["OPENAI_API_BASE_URL"] == f"http://biocite:{Settings().port}/v1"
    assert service["env_file"] == ["open-webui.env"]
    assert service["depends_on"] == {"biocite": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert re.fullmatch(r"\S+:v\d+\.\d+\.\d+", service["image"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for name in ("open-webui",):
        assert f"{name}:/app/backend/data" in service["volumes"]
        assert name in COMPOSE["volumes"]


def seconds(text):
    return int(re.fullmatch(r"(\d+)s?", text)[1])


def unit():
    """The unit's last value of each name, by section."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text("utf-8"))
    return parser


def test_the_unit_runs_the_command_and_lets_it_end():
    service = unit()["Service"]
    assert service["ExecStart"] == "/opt/biocite/bin/biocite serve --config /etc/biocite/biocite.toml"
    assert service["KillSignal"] == "SIGTERM"
    assert seconds(service["TimeoutStopSec"]) > Settings().shutdown_seconds
    assert service["User"] not in ("", "root")
    assert "HF_HUB_OFFLINE=1" in service["Environment"].split()
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/var/lib/biocite")
    assert service["IPAddressDeny"] == "any"
    assert "MemoryDenyWriteExecute" not in service


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_tight(tmp_path):
    copy = tmp_path / "biocite.service"
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/biocite/bin/biocite", sys.executable), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    # 10 is no protection at all, 0 a service that can do nothing; threshold in tenths.
    security = ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", copy]
    done = subprocess.run(security, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-200:]


def test_the_guide_says_of_each_block_whether_it_was_run():
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    after = re.findall(r"^```\w+\n.*?^```\n(.*)$", text, re.MULTILINE | re.DOTALL)
    blocks = re.split(r"^```(\w*)\n", text, flags=re.MULTILINE)
    told = [said.split("\n", 1)[0] for language, said in zip(blocks[1::2], blocks[2::2], strict=True) if not language]
    assert after
    assert len(told) == text.count("\n```") // 2
    for line in told:
        assert re.match(r"(Run\b|Not run\b|The .* (was|were) run\b)", line), line


def test_the_guide_s_examples_are_what_they_seem():
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for language, parse in (("toml", tomllib.loads), ("yaml", yaml.safe_load), ("json", json.loads)):
        found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        assert found
        for block in found:
            assert parse(block)
    (settings,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name in tomllib.loads(settings):
        assert name in Settings.__struct_fields__
