"""Loading models: keeping the libraries from talking over our own output, and knowing their errors."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


def loading_errors() -> tuple[type[Exception], ...]:
    """What the libraries raise for a folder or name that holds no model, a damaged one or another kind of model."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    return (
        *(OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError),
        *(SafetensorError, StrictDataclassError),
    )


@contextmanager
def quiet_loading() -> Iterator[None]:
    """No progress bars and no remarks below an error from transformers while a model loads; as before afterwards."""
    from transformers.utils import logging as settings

    verbosity, bars = settings.get_verbosity(), settings.is_progress_bar_enabled()
    settings.set_verbosity(logging.ERROR)
    settings.disable_progress_bar()
    try:
        yield
    finally:
        settings.set_verbosity(verbosity)
        if bars:
            settings.enable_progress_bar()
