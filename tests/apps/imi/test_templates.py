"""Template keys: made, given values, read and assigned. Ids are numbers."""

from __future__ import annotations

import pytest

from tests.apps.imi.client import Imi
from tests.cast import Cast
from tests.factories import DirectoryFactory, TemplateKeyFactory, TemplateValueFactory, root
from ums.devices.models import DirectoryKind, SettingsState
from ums.profiles.models import TemplateAssignment, TemplateKey

TOP = DirectoryKind.TEMPLATE


def test_a_key_with_values_is_made_read_and_assigned(cast: Cast) -> None:
    imi, device = Imi(cast.root), cast.things["device"]
    status, made = imi.put("template", {"name": "tk2", "type": "StringType"})
    assert status == 200
    assert made == {"id": made["id"], "name": "tk2", "message": "Template key successfully created."}
    key = TemplateKey.objects.get(pk=made["id"])
    assert key.directory == root(TOP)
    status, value = imi.put(
        f"template/{key.pk}/value", {"value": "Ward 3", "description": "The third", "type": "StringType"}
    )
    assert value == {"id": value["id"], "value": "Ward 3", "message": "Template value successfully created."}
    assert imi.get(f"template/{key.pk}/read") == (
        200,
        [
            {
                "id": value["id"],
                "value": "Ward 3",
                "name": "tk2",
                "parentId": key.pk,
                "description": "The third",
                "type": "StringType",
            }
        ],
    )
    SettingsState.objects.update(pending=False)
    ids = [{"templateId": key.pk, "valueId": value["id"]}]
    assert imi.put("template/assign/tc", {"tcId": device.pk, "template": ids}) == (
        200,
        {"message": "Template value successfully assigned to device."},
    )
    assert imi.put("template/assign/dir/", {"dirId": -1, "template": ids}) == (
        200,
        {"message": "Template value successfully assigned to device directory."},
    )
    assert SettingsState.objects.get(device=device).pending
    found = TemplateAssignment.objects.filter(value=value["id"]).order_by("pk")
    assert [one.target for one in found] == [device, root()]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [("StringType", "12", "12"), ("IntegerType", "12", 12), ("FloatType", "1.5", 1.5), ("CheckboxType", "true", True)],
)
def test_types(cast: Cast, name: str, value: str, stored: object) -> None:
    imi = Imi(cast.root)
    parent = DirectoryFactory(kind=TOP, name="Sites")
    key = imi.put("template", {"name": "tk", "type": name, "parentID": str(parent.pk)}).body["id"]
    assert TemplateKey.objects.get(pk=key).directory == parent
    assert imi.put(f"template/{key}/value", {"value": value, "type": name}).body["value"] == stored
    assert imi.get(f"template/{key}/read").body[0]["type"] == name


def test_refused(cast: Cast) -> None:
    imi, value = Imi(cast.root), cast.things["template_value"]
    key, device = value.key, cast.things["device"]
    assert imi.put("template", {}).code == "ITG-0A013"
    assert imi.put("template", {"name": "no good name"}).code == "ITG-0A013"
    assert imi.put("template", {"name": "x", "type": "DateType"}).code == "ITG-0A013"
    assert imi.put("template", {"name": "own_key"}).code == "ITG-0A008"
    assert imi.put("template", {"name": "x", "parentID": 424242}).code == "ITG-0A016"
    assert imi.put("template", {"name": "x", "parentID": root().pk}).code == "ITG-0A016"
    assert imi.put(f"template/{key.pk}/value", {"value": "own value"}).code == "ITG-0A008"
    assert imi.put(f"template/{key.pk}/value", {"value": 1, "type": "IntegerType"}).code == "ITG-0A013"
    for wrong in ("", None, [1], {"a": 1}):
        assert imi.put(f"template/{key.pk}/value", {"value": wrong}).code == "ITG-0A013"
    for pk in (424242, 2**63):
        assert imi.put(f"template/{pk}/value", {"value": "x"}).code == "ITG-0A001"
        assert imi.get(f"template/{pk}/read").code == "ITG-0A001"
    good = {"templateId": key.pk, "valueId": value.pk}
    other = TemplateValueFactory(key=TemplateKeyFactory(name="OTHER"), value="x")
    for template, code in (
        ([], "0A012"),
        ("x", "0A004"),
        ([1], "0A004"),
        ([{}], "0A010"),
        ([good, {"templateId": other.key_id, "valueId": value.pk}], "0A021"),
        ([{**good, "valueId": 2**40}], "0A021"),
    ):
        assert imi.put("template/assign/tc", {"tcId": device.pk, "template": template}).code == f"ITG-{code}", template
    assert imi.put("template/assign/tc", {"tcId": 424242, "template": [good]}).code == "ITG-0A001"
    assert imi.put("template/assign/dir", {"dirId": 424242, "template": [good]}).code == "ITG-0A002"
    # An object has one value of a key.
    second = TemplateValueFactory(key=key, value="another")
    body = {"tcId": device.pk, "template": [{"templateId": key.pk, "valueId": second.pk}]}
    assert imi.put("template/assign/tc", body).code == "ITG-0A021"


def test_permissions_are_those_of_the_console(cast: Cast) -> None:
    value, device = cast.things["template_value"], cast.things["device"]
    ids = [{"templateId": value.key_id, "valueId": value.pk}]
    assert Imi(cast.reader).put(f"template/{value.key_id}/value", {"value": "x"}).code == "ITG-0B005"
    assert Imi(cast.reader).put("template/assign/tc", {"tcId": device.pk, "template": ids}).code == "ITG-0B005"
    assert Imi(cast.stranger).get(f"template/{value.key_id}/read").code == "ITG-0A001"
    elsewhere = {"tcId": cast.things["elsewhere"].pk, "template": ids}
    assert Imi(cast.admin).put("template/assign/tc", elsewhere).code == "ITG-0A001"
    below = {"dirId": cast.things["directory"].pk, "template": ids}
    assert Imi(cast.admin).put("template/assign/dir", below).status == 200
