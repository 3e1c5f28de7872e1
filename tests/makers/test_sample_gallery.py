"""The gallery that is kept in git is made anew."""

from tests.recipes import recipe, run


def test_sample_gallery_starts_anew_and_keeps_no_log(tmp_path, capsys):
    module = recipe("sample_gallery")
    small = {"wanted": {"lenet5@random": {"c1": "0"}}, "pictured": {"c1"}}
    (tmp_path / "README.md").write_text("stays")
    for _ in range(2):
        assert not run(module, tmp_path, "--steps", 1, **small)
        assert "0 failed" in capsys.readouterr().out
    assert (tmp_path / "README.md").read_text() == "stays"
    assert (tmp_path / "index.html").is_file()
    assert not (tmp_path / "log").exists()
