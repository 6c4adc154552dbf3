"""The settings file is refused where it is wrong, not later at every request."""

from __future__ import annotations

import pytest

from foleyd.config import ConfigError, Folders, load_settings


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("handles = -3", "handles"),
        ("handles = 100000", "handles"),
        ("cache_bytes = -1", "cache_bytes"),
        ("idle_seconds = nan", "idle_seconds"),
        ("idle_seconds = inf", "idle_seconds"),
        ("history_days = -0.5", "history_days"),
        ("queue_limit = 0", "queue_limit"),
        ("layers = []", "layers"),
        ('roots = ["films"]', "films"),
        ("colour = 1", "colour"),
        ("handles = ", "Invalid value"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(folders: Folders, line: str, field: str) -> None:
    folders.config.mkdir(parents=True)
    (folders.config / "foleyd.toml").write_text(line)
    with pytest.raises(ConfigError, match=rf"foleyd\.toml: .*{field}.*correct it or remove the file"):
        load_settings(folders)


def test_settings_are_read_and_the_rest_keeps_its_default(folders: Folders) -> None:
    folders.config.mkdir(parents=True)
    (folders.config / "foleyd.toml").write_text('handles = 24\nidle_seconds = 60\nroots = ["/films"]\n')
    settings = load_settings(folders)
    assert (settings.handles, settings.idle_seconds, settings.queue_limit) == (24, 60, 1000)
    assert [str(root) for root in settings.roots] == ["/films"]
