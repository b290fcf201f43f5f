"""Every row of the table of settings, read from an environment."""

from __future__ import annotations

import dataclasses
import ipaddress
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.core.accounts import Rate
from mezzotint.core.errors import BadSetting
from mezzotint.settings import TABLE, Setting, Settings, read_settings

NUMBERS = ("-1", "1.5", "1e3", "many", "²", "٣", "0x10", " 7", "1_000", "9" * 5000)
DURATIONS = ("-1", "soon", "1w", "1h30m", "1e3", "inf", "nan", "٣", ".5", "5.", "9" * 400)
FLAGS = ("maybe", "2", "o n", "-1")
ADDRESSES = ("paint.example", "ftp://paint.example", "https://", "https://paint.example/?a=b", "https://paint.example/#top", "https://paint example")
RATES = ("10", "0/s", "-1/s", "10/w", "10 /s")
NETWORKS = ("10.0.0.0/33", "localhost", "10.0.0.0/8,nonsense", "300.1.1.1", "::/129")

# what to write, what that means, what cannot be meant
ROWS: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "host": ("0.0.0.0", "0.0.0.0", ()),
    "port": ("0", 0, (*NUMBERS, "65536")),
    "data": ("~/pictures", Path.home() / "pictures", ("~nobody-of-this-name/x",)),
    "ledger": ("sqlite:/srv/ledger.db", "sqlite:/srv/ledger.db", ()),
    "blobs": ("file:/srv/images", "file:/srv/images", ()),
    "bus": ("none", "none", ("carrier pigeon", "NONE")),
    "engine": ("stub", "stub", ("Nano", "midjourney")),
    "config": ("~/mezzotint.toml", Path.home() / "mezzotint.toml", ("~nobody-of-this-name/x",)),
    "weights": ("~/weights", Path.home() / "weights", ("~nobody-of-this-name/x",)),
    "stub_seconds": ("0.25", 0.25, DURATIONS),
    "threads": ("4", 4, NUMBERS),
    "nano_runtime": ("openvino", "openvino", ("OpenVINO", "torch")),
    "public_url": ("https://paint.example/flux/", "https://paint.example/flux", ADDRESSES),
    "trusted_proxies": ("10.1.2.3/8, ::1", (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1")), NETWORKS),
    "api_keys": ("first-key, second-key,,", ("first-key", "second-key"), ("short", "first-key,2")),
    "reach": ("127.0.0.0/8", (ipaddress.ip_network("127.0.0.0/8"),), NETWORKS),
    "limits": ("off", False, FLAGS),
    "queue_limit": ("0", 0, NUMBERS),
    "active_limit": ("3", 3, NUMBERS),
    "create_rate": ("600/m", Rate(600, 60), RATES),
    "poll_rate": ("10/s", Rate(10, 1), RATES),
    "stranger_rate": ("10/m", Rate(10, 60), RATES),
    "poll_by_id": ("anyone", "anyone", ("everyone", "Anyone")),
    "keep_images": ("7d", 604_800.0, DURATIONS),
    "keep_files": ("1h", 3600.0, (*DURATIONS, "0", "0.5")),
    "files_room": ("0", 0, NUMBERS),
    "keep_tasks": ("0", 0.0, DURATIONS),
    "link_lifetime": ("10m", 600.0, (*DURATIONS, "0", "0.5")),
    "webhook_delays": ("5s, 30s,2m", (5.0, 30.0, 120.0), (*DURATIONS, ",", ",".join(["1"] * 50), "1,x")),
    "webhook_timeout": ("10s", 10.0, (*DURATIONS, "0", "0.9", "61", "2m")),
    "webhook_echo_secret": ("On", True, FLAGS),
    "max_body": ("1000", 1000, (*NUMBERS, "0")),
    "body_grace": ("2m", 120.0, (*DURATIONS, "0", "0.9")),
    "attempts": ("1", 1, (*NUMBERS, "0")),
    "lease": ("5 s", 5.0, (*DURATIONS, "0", "0.9")),
    "stall": ("1.5m", 90.0, (*DURATIONS, "0", "0.9")),
    "grace": ("0", 0.0, DURATIONS),
    "log_level": ("debug", "debug", ("DEBUG", "loud")),
    "log_format": ("json", "json", ("xml",)),
    "worker_token": ("a token", "a token", ()),
    "lifeline": ("yes", True, FLAGS),
    "base_url": ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ADDRESSES),
    "api_key": ("a key", "a key", ()),
}
BAD = [(setting, text) for setting in TABLE for text in ROWS[setting.name][2]]
SECRET = ("api_keys", "api_key", "worker_token")

row = pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)


def test_every_setting_is_tried_here_and_has_its_place() -> None:
    names = [setting.name for setting in TABLE]

    assert names == list(ROWS) == [field.name for field in dataclasses.fields(Settings)]
    assert all(setting.about.endswith(".") for setting in TABLE)


@row
def test_a_setting_that_is_not_there_has_its_default(setting: Setting) -> None:
    assert getattr(read_settings({}), setting.name) == setting.default
    assert getattr(read_settings({setting.variable: ""}), setting.name) == setting.default


@row
def test_a_setting_is_read_from_its_variable_and_no_other_changes(setting: Setting) -> None:
    text, value, _ = ROWS[setting.name]
    default = read_settings({})

    read = read_settings({setting.variable: text, "PATH": "/bin", "COMETAPI_KEY": "other"})

    assert read == dataclasses.replace(default, **{setting.name: value})
    assert type(getattr(read, setting.name)) is type(value)


@row
def test_what_the_command_line_gives_wins_over_the_environment(setting: Setting) -> None:
    text, value, _ = ROWS[setting.name]

    assert getattr(read_settings({setting.variable: text}, **{setting.name: setting.default}), setting.name) == (
        value if setting.default is None else setting.default
    )
    assert getattr(read_settings({}, **{setting.name: value}), setting.name) == value


@row
def test_the_default_can_be_written_out(setting: Setting) -> None:
    """An operator who writes down what is the case anyway changes nothing."""
    spelled = {True: "on", False: "off"}[setting.default] if isinstance(setting.default, bool) else str(setting.default or 0).strip("()")
    empty = setting.default in (None, "", ())

    assert read_settings({setting.variable: "" if empty else spelled}) == read_settings({})


@pytest.mark.parametrize(("setting", "text"), BAD, ids=[f"{setting.name}: {text[:20]}" for setting, text in BAD])
def test_what_cannot_be_meant_is_refused_by_name_with_what_would_be_right(setting: Setting, text: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({setting.variable: text})

    message = str(refused.value)
    assert message.startswith(setting.variable)
    assert "invalid literal" not in message
    if setting.name not in SECRET:
        assert repr(text) in message
        assert message.endswith(setting.about)
        assert any(word in message for word in ("expected ", "does not appear to be", "not permitted"))


def test_a_key_that_is_refused_is_not_shown() -> None:
    with pytest.raises(BadSetting, match=r"fewer than 8 characters") as refused:
        read_settings({"MEZZOTINT_API_KEYS": "long-enough,s3cr"})

    assert "s3cr" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MEZZOTINT_PORTS", "MEZZOTINT_PORT"),
        ("MEZZOTINT_API_KEYES", "MEZZOTINT_API_KEYS"),
        ("MEZZOTINT_KEEP_IMAGE", "MEZZOTINT_KEEP_IMAGES"),
        ("MEZZOTINT_LOGLEVEL", "MEZZOTINT_LOG_LEVEL"),
        ("MEZZOTINT_port", "MEZZOTINT_PORT"),
    ],
)
def test_a_name_that_is_spelled_wrong_is_refused_and_the_right_one_suggested(name: str, meant: str) -> None:
    with pytest.raises(BadSetting, match=rf"^{name}: no such setting\. Did you mean {meant}\?$"):
        read_settings({name: "1"})


def test_a_name_that_is_like_no_other_is_answered_with_all_there_are() -> None:
    with pytest.raises(BadSetting, match=r"^MEZZOTINT_COFFEE: no such setting") as refused:
        read_settings({"MEZZOTINT_COFFEE": ""})

    assert all(setting.variable in str(refused.value) for setting in TABLE)


def test_names_of_other_programs_are_not_ours() -> None:
    assert read_settings({"MEZZOTINTS": "1", "mezzotint_port": "1", "XMEZZOTINT_PORT": "1"}) == read_settings({})


def test_the_process_has_an_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in TABLE:
        monkeypatch.delenv(setting.variable, raising=False)
    monkeypatch.setenv("MEZZOTINT_PORT", "8001")

    assert read_settings().port == 8001


def test_the_data_folder_is_the_platforms_unless_it_is_set() -> None:
    assert read_settings({}).folder == Path(platformdirs.user_data_dir("mezzotint"))
    assert read_settings({"MEZZOTINT_DATA": "/srv/mezzotint"}).folder == Path("/srv/mezzotint")


def test_secrets_are_not_shown_with_the_rest() -> None:
    shown = repr(read_settings({"MEZZOTINT_API_KEYS": "a-secret-key", "MEZZOTINT_API_KEY": "a-secret-key", "MEZZOTINT_WORKER_TOKEN": "a-secret-token"}))

    assert "secret" not in shown.replace("webhook_echo_secret", "")
    assert "port=8000" in shown


@given(st.sampled_from(TABLE), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_anything_in_the_environment_is_read_or_refused(setting: Setting, text: str) -> None:
    try:
        read: Any = read_settings({setting.variable: text})
    except BadSetting as refused:
        read = str(refused)

    assert isinstance(read, Settings) or read.startswith(setting.variable)
