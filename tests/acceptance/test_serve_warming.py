"""A new installation compiles beforehand what its first job would wait for."""

from pathlib import Path

from tests.acceptance.serving import Server, wait_for


def warmers(server: Server) -> list[int]:
    return [pid for pid, command in server.family() if "motioncast.service.warming" in command]


def test_a_cold_installation_is_warmed_up_once(tmp_path, models_dir):
    home = tmp_path / "home"
    environment = {"MOTIONCAST_HOME": str(home), "MOTIONCAST_MODELS": str(models_dir)}
    with Server(tmp_path / "data", **environment) as server:
        (warmer,) = wait_for(lambda: warmers(server))
        assert Path(f"/proc/{warmer}/stat").read_text().split()[18] == "15"  # its niceness: jobs come first
        wait_for(lambda: list((home / "warm").glob("*")), 300)
        wait_for(lambda: not Path(f"/proc/{warmer}/cmdline").read_bytes(), 30)
        server.kill()
        server.start()
        assert warmers(server) == []


def test_it_ends_with_its_server(tmp_path, models_dir):
    environment = {"MOTIONCAST_HOME": str(tmp_path / "home"), "MOTIONCAST_MODELS": str(models_dir)}
    with Server(tmp_path / "data", **environment) as server:
        (warmer,) = wait_for(lambda: warmers(server))
    assert not Path(f"/proc/{warmer}").exists()
    assert not (tmp_path / "home" / "warm").exists()
