"""The pages of linked directories, with real controllers: trying out, certificates, what a form keeps and refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from swp.models import DirectoryAdministrator, DirectoryCertificate, LinkedDirectory
from tests.cast import Cast
from tests.factories.swp import LinkedDirectoryFactory
from tests.services.certificates import Authority
from tests.services.samba import ADMIN_PASSWORD, Samba
from ums.core.crypto import seal, unseal


@pytest.fixture(scope="module")
def ad() -> Iterator[Samba]:
    domain = Samba("CORP.TEST").provision()
    domain.add([domain.user("Zoe, <Ward> 3", sAMAccountName="zoe"), domain.group("Ward admins")])
    with domain:
        yield domain


def given(ad: Samba, **other: Any) -> dict[str, Any]:
    return {
        "kind": "ad",
        "domain_name": ad.domain,
        "controllers": ad.address,
        "ldaps": "on",
        "page_size": "1000",
        "pem": [ad.ca],
        "browse_user": ad.administrator,
        "browse_password": ADMIN_PASSWORD,
        **other,
    }


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_connection_is_tried_before_it_is_saved(cast: Cast, ad: Samba) -> None:
    root, url = cast.client("root"), reverse("swp:directory_try")
    answer = root.post(url, given(ad, controllers=f"{ad.address}; 127.0.0.1:9; nowhere.invalid"))
    told = text(answer)
    assert "Not all controllers answer" in told and "1 of 3" in told
    assert f"{ad.address} Reached" in told and "127.0.0.1:9 Not reached" in told
    assert "nowhere.invalid Name unknown" in told
    assert 'value="CORP"' in answer.content.decode(), "the NetBIOS name goes into the form"
    assert "Sign-in refused" in text(root.post(url, given(ad, browse_password="wrong")))
    assert "Not trusted" in text(root.post(url, given(ad, pem=[Authority("Other").pem])))
    assert "Domain not found" in text(root.post(url, given(ad, base_dn="DC=other,DC=test")))
    assert "nobody signed in" in text(root.post(url, given(ad, browse_user="")))
    assert root.post(url, given(ad, domain_name="")).status_code == 422
    assert not LinkedDirectory.objects.filter(domain_name=ad.domain).exists()
    assert ADMIN_PASSWORD not in answer.content.decode()


def test_adding_changing_and_what_the_password_field_means(cast: Cast, ad: Samba) -> None:
    root = cast.client("root")
    assert root.post(reverse("swp:directory_create"), given(ad)).status_code == 204
    row = LinkedDirectory.objects.get(domain_name=ad.domain)
    edit = reverse("swp:directory_edit", args=[row.pk])
    shown = root.get(edit).content.decode()
    assert ADMIN_PASSWORD not in shown and row.sealed_browse_password not in shown and "One is stored" in shown
    assert root.post(edit, given(ad, browse_password="", page_size="500")).status_code == 204
    row.refresh_from_db()
    assert row.page_size == 500 and unseal(row.sealed_browse_password) == ADMIN_PASSWORD
    refused = root.post(edit, given(ad, browse_password="", controllers=f"{ad.address}; 127.0.0.1:9"))
    assert refused.status_code == 422 and "Type the password again" in text(refused)
    tried = root.post(
        reverse("swp:directory_try"), given(ad, directory=row.pk, browse_password="", controllers="127.0.0.1:9")
    )
    assert tried.status_code == 422 and "Type the password again" in text(tried), "nor does a test send it elsewhere"
    dialog = root.post(reverse("swp:directory_test", args=[row.pk]))
    assert "All controllers answer" in text(dialog)
    assert root.post(edit, given(ad, pem=[])).status_code == 204
    assert not DirectoryCertificate.objects.filter(directory=row).exists()


def test_files_of_certificates(cast: Cast) -> None:
    root, authority = cast.client("root"), Authority("Root & corp")
    leaf = authority.sign("dc1.corp.test", days=-1)
    files = [
        SimpleUploadedFile("both.pem", (authority.pem + leaf.pem).encode()),
        SimpleUploadedFile("key.pem", leaf.key.encode()),
        SimpleUploadedFile("x.der", b"\x30\x82nonsense"),
    ]
    answer = root.post(reverse("swp:certificates_read"), {"pem": [authority.pem], "certificate_files": files})
    shown = answer.content.decode()
    assert shown.count('name="pem"') == 2 and "CN=Root &amp; corp" in shown and "Expired" in shown
    assert "private key" in shown and "x.der: This is no certificate" in shown
    assert not DirectoryCertificate.objects.exists()


def test_importing_by_search(cast: Cast, ad: Samba) -> None:
    root = cast.client("root")
    root.post(reverse("swp:directory_create"), given(ad))
    row = LinkedDirectory.objects.get(domain_name=ad.domain)
    find = reverse("swp:administrator_candidates")
    found = root.post(find, {"directory": row.pk, "find": "ward"}).content.decode()
    assert "Zoe, &lt;Ward&gt; 3" in found and "Ward admins" in found
    guids = re.findall(r'name="guid" value="([^"]+)"', found)
    sent = {"directory": row.pk, "guid": guids, "action": ["read", "nonsense"]}
    assert root.post(reverse("swp:administrators_import"), sent).status_code == 204
    made = DirectoryAdministrator.objects.filter(directory=row)
    assert made.count() == 2 and all(one.actions == ["read"] for one in made)
    assert "Zoe, &lt;Ward&gt; 3" in root.get(reverse("swp:administrator_list")).content.decode()
    assert "fits" in text(root.post(find, {"directory": row.pk, "find": "*)(objectClass=*"}))


def test_without_a_browse_account_one_signs_in_to_search(cast: Cast, ad: Samba) -> None:
    root = cast.client("root")
    root.post(reverse("swp:directory_create"), given(ad, browse_user=""))
    row = LinkedDirectory.objects.get(domain_name=ad.domain)
    find = reverse("swp:administrator_candidates")
    asked = {"directory": row.pk, "find": "ward"}
    assert "Sign in and search" in text(root.post(find, asked))
    as_whom = {"directory_user": ad.administrator, "directory_password": ADMIN_PASSWORD}
    assert "Sign in and search" in text(root.post(find, {**asked, **as_whom, "directory_password": "wrong"}))
    assert "Ward admins" in text(root.post(find, {**asked, **as_whom}))
    assert "Ward admins" in text(root.post(find, asked)), "it is remembered for a while"


def test_a_silent_directory_is_a_line_and_no_error(cast: Cast) -> None:
    row = LinkedDirectoryFactory(browse_user="reader", sealed_browse_password=seal("x"))
    answer = cast.client("root").post(
        reverse("swp:administrator_candidates"), {"directory": row.pk, "find": "somebody"}
    )
    assert answer.status_code == 200 and "No controller of" in text(answer)
    tried = cast.client("root").post(reverse("swp:directory_test", args=[row.pk]))
    assert "No controller answers" in text(tried)


def test_the_dialog_of_removal_says_what_goes(cast: Cast) -> None:
    row = cast.things["linked_directory"]
    shown = text(cast.client("root").get(reverse("swp:directory_remove", args=[row.pk])))
    assert "0 users and 1 group" in shown and f"Type {row.domain_name} to confirm" in shown
