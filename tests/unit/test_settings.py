"""Settings from options, environment and file, in this order; what cannot be used is one sentence."""

from pathlib import Path

import pytest

from motioncast.errors import InputError
from motioncast.service.settings import ServiceSettings
from motioncast.settings import Settings, describe, read_settings


def test_defaults_need_nothing(monkeypatch):
    settings = read_settings(ServiceSettings)
    assert (settings.port, settings.workers, settings.billing, settings.moderation) == (8000, 1, True, "flag")


def test_options_win_over_environment_over_file(monkeypatch, tmp_path):
    file = tmp_path / "motioncast.toml"
    file.write_text('port = 1111\nworkers = 3\nbilling = false\nallow_hosts = ["localhost", "10.0.0.0/8"]\n')
    monkeypatch.setenv("MOTIONCAST_CONFIG", str(file))
    monkeypatch.setenv("MOTIONCAST_PORT", "2222")
    settings = read_settings(ServiceSettings, {"port": None, "data_dir": tmp_path})
    assert (settings.port, settings.workers, settings.billing) == (2222, 3, False)
    assert settings.allow_hosts.allowed == ("localhost", "10.0.0.0/8")
    assert read_settings(ServiceSettings, {"port": 3333}).port == 3333
    assert settings.data_dir == tmp_path


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("MOTIONCAST_PORT", "70000", "a whole number from 0 to 65535"),
        ("MOTIONCAST_PORT", "1_000", "a whole number from 0 to 65535"),
        ("MOTIONCAST_BILLING", "maybe", "on or off"),
        ("MOTIONCAST_ENGINE", "gpu", "auto or puppet or wan"),
        ("MOTIONCAST_SYNC_S", "nan", "a number above 0"),
        ("MOTIONCAST_WEBHOOK_RETRIES_S", "5,soon", "seconds between attempts"),
        ("MOTIONCAST_ALLOW_HOSTS", "http://x/", "host names, addresses or networks"),
        ("MOTIONCAST_PUBLIC_URL", "example.com", "http:// or https://"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(monkeypatch, variable, text, says):
    monkeypatch.setenv(variable, text)
    with pytest.raises(InputError) as raised:
        read_settings(ServiceSettings)
    assert variable in str(raised.value)
    assert says in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("MOTIONCAST_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(InputError, match=r"missing\.toml"):
        read_settings(Settings)
    (tmp_path / "missing.toml").write_text("port = = 1")
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(Settings)


def test_what_is_described_reads_back_the_same(monkeypatch, tmp_path):
    """The supervisor hands the settings to its workers as text."""
    options = {"data_dir": tmp_path, "port": 1234, "allow_hosts": "localhost,10.0.0.0/8", "billing": "off"}
    settings = read_settings(ServiceSettings, options | {"webhook_retries_s": "0.5,2", "certificate": Path("c.pem")})
    for variable, value, meaning in describe(settings):
        assert meaning
        if value:
            monkeypatch.setenv(variable, value)
    assert read_settings(ServiceSettings) == settings
