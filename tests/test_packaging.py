# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The add-ons as Python packages: built offline, complete, and loaded by Odoo."""

import ast
import email
import shutil
import subprocess
import sys
import zipfile

import pytest

from servers import ADDONS

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


def read_manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))


def copy(addon, folder):
    """An add-on as it lies on disk, without a git history around it."""
    return shutil.copytree(addon, folder / addon.name, ignore=shutil.ignore_patterns(*LITTER))


@pytest.fixture(scope="class", params=ADDONS, ids=lambda addon: addon.name)
def addon(request, tmp_path_factory):
    """One add-on after the other."""
    return copy(request.param, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="class")
def manifest(addon):
    return read_manifest(addon)


@pytest.fixture(scope="class")
def wheel(addon, tmp_path_factory):
    return build(addon, tmp_path_factory.mktemp("wheel"))


class TestWheel:
    def test_name(self, addon, manifest, wheel):
        assert wheel.name == f"odoo_addon_{addon.name}-{manifest['version']}-py3-none-any.whl"

    def test_files(self, addon, manifest, wheel):
        """Every file of the add-on and nothing else: no byte code, no tests of the project around it."""
        files = {str(file.relative_to(addon)) for file in addon.rglob("*") if file.is_file()}
        wanted = {f"odoo/addons/{addon.name}/{file}" for file in files - {"pyproject.toml"}}
        packed = {name for name in names(wheel) if not name.partition("/")[0].endswith(".dist-info")}
        assert packed == wanted
        for folder in ("data", "demo", "models", "static", "views"):
            assert any(name.startswith(f"odoo/addons/{addon.name}/{folder}/") for name in packed), folder
        assert {f"odoo/addons/{addon.name}/{file}" for file in manifest["data"] + manifest["demo"]} <= packed

    def test_translations(self, addon, wheel):
        """Whatever translations there are go along."""
        translations = {file.name for file in (addon / "i18n").glob("*.po*")}
        packed = {name.rpartition("/")[2] for name in names(wheel) if "/i18n/" in name}
        assert packed == translations

    def test_metadata(self, addon, manifest, wheel):
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = email.message_from_bytes(archive.read(name))
        assert metadata["Name"] == f"odoo-addon-{addon.name}"
        assert metadata["Version"] == manifest["version"]
        assert metadata["License"] == "LGPL-3"
        # What Odoo itself brings is no dependency of its own.
        ours = {f"odoo-addon-{name}==19.0.*" for name in manifest["depends"] if name.startswith("crm_compliance")}
        assert set(metadata.get_all("Requires-Dist")) == {"odoo==19.0.*"} | ours
        assert metadata["Summary"] == manifest["summary"]

    def test_same_in_git(self, addon, wheel, tmp_path):
        """In a repository without a single commit, as in none."""
        repository = tmp_path / "repository"
        shutil.copytree(addon, repository / "addons" / addon.name)
        subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
        subprocess.run(["git", "add", "--all"], cwd=repository, check=True)
        target = tmp_path / "wheel"
        built = build(repository / "addons" / addon.name, target)
        assert built.name == wheel.name
        assert names(built) == names(wheel)


class TestWheelInOdoo:
    def test_install(self, server, tmp_path):
        """Odoo installs what was unpacked from the wheels, without a warning; the bridge to Sales comes by itself."""
        for addon in ADDONS:
            wheel = build(copy(addon, tmp_path / "plain"), tmp_path / "wheels" / addon.name)
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(tmp_path)
        addons_path = f"--addons-path={tmp_path / 'odoo' / 'addons'}"
        database = server.copy(with_addon=False)
        run = server.install(database, addons_path, "-i", "crm_compliance")
        assert run.returncode == 0 and not run.problems, run.output[-3000:]
        loaded = server.shell(
            database,
            "from odoo.modules.module import get_module_path\n"
            "modules = env['ir.module.module'].search([('name', '=like', 'crm_compliance%')], order='name')\n"
            "result = [[m.name, m.state, m.installed_version, get_module_path(m.name)] for m in modules]",
            addons_path,
        )
        assert loaded == [
            [
                addon.name,
                "installed",
                read_manifest(addon)["version"],
                str(tmp_path / "odoo" / "addons" / addon.name),
            ]
            for addon in ADDONS
        ]
