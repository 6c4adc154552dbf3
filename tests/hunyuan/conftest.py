"""These tests need the extra `hunyuan`; without torch none of them is collected."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["test_*.py"]
