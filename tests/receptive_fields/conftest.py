from tests.rendering.conftest import one_thread  # noqa: F401
