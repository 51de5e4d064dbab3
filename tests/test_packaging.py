# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The add-on as a Python package: built offline, complete, and loaded by Odoo."""

import ast
import email
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ADDON = Path(__file__).parent.parent / "addons" / "crm_compliance"
MANIFEST = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
LITTER = ("__pycache__", "*.pyc", "build")

pytestmark = pytest.mark.slow


def build(addon, target):
    """Builds a wheel the way pip does, without network or anything it would fetch from there."""
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", target, addon],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = target.glob("*.whl")
    return wheel


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="class")
def addon(tmp_path_factory):
    """The add-on as it lies on disk, without a git history around it."""
    copy = tmp_path_factory.mktemp("plain") / "crm_compliance"
    shutil.copytree(ADDON, copy, ignore=shutil.ignore_patterns(*LITTER))
    return copy


@pytest.fixture(scope="class")
def wheel(addon, tmp_path_factory):
    return build(addon, tmp_path_factory.mktemp("wheel"))


class TestWheel:
    def test_name(self, wheel):
        assert wheel.name == f"odoo_addon_crm_compliance-{MANIFEST['version']}-py3-none-any.whl"

    def test_files(self, addon, wheel):
        """Every file of the add-on and nothing else: no byte code, no tests of the project around it."""
        files = {str(file.relative_to(addon)) for file in addon.rglob("*") if file.is_file()}
        wanted = {f"odoo/addons/crm_compliance/{file}" for file in files - {"pyproject.toml"}}
        packed = {name for name in names(wheel) if not name.partition("/")[0].endswith(".dist-info")}
        assert packed == wanted
        for folder in ("data", "demo", "models", "security", "static", "views"):
            assert any(name.startswith(f"odoo/addons/crm_compliance/{folder}/") for name in packed), folder
        assert {f"odoo/addons/crm_compliance/{file}" for file in MANIFEST["data"] + MANIFEST["demo"]} <= packed

    def test_translations(self, wheel):
        """Whatever translations there are go along."""
        translations = {file.name for file in (ADDON / "i18n").glob("*.po*")}
        packed = {Path(name).name for name in names(wheel) if "/i18n/" in name}
        assert packed == translations

    def test_metadata(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = email.message_from_bytes(archive.read(name))
        assert metadata["Name"] == "odoo-addon-crm_compliance"
        assert metadata["Version"] == MANIFEST["version"]
        assert metadata["License"] == "LGPL-3"
        # What Odoo itself brings is no dependency of its own.
        assert metadata.get_all("Requires-Dist") == ["odoo==19.0.*"]
        assert metadata["Summary"] == MANIFEST["summary"]

    def test_same_in_git(self, addon, wheel, tmp_path):
        """In a repository without a single commit, as in none."""
        repository = tmp_path / "repository"
        shutil.copytree(addon, repository / "addons" / "crm_compliance")
        subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
        subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
        target = tmp_path / "wheel"
        built = build(repository / "addons" / "crm_compliance", target)
        assert built.name == wheel.name
        assert names(built) == names(wheel)


class TestWheelInOdoo:
    def test_install(self, server, wheel, tmp_path):
        """Odoo installs what was unpacked from the wheel, without a warning."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path)
        addons_path = f"--addons-path={tmp_path / 'odoo' / 'addons'}"
        database = server.copy(with_addon=False)
        run = server.install(database, addons_path, "-i", "crm_compliance")
        assert run.returncode == 0 and not run.problems, run.output[-3000:]
        loaded = server.shell(
            database,
            "from odoo.modules.module import get_module_path\n"
            "module = env['ir.module.module'].search([('name', '=', 'crm_compliance')])\n"
            "result = [module.state, module.installed_version, get_module_path('crm_compliance')]",
            addons_path,
        )
        assert loaded == ["installed", MANIFEST["version"], str(tmp_path / "odoo" / "addons" / "crm_compliance")]
