from tests.render.conftest import one_thread  # noqa: F401
