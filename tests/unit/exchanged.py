"""Files of exported profiles as the originals write them, and what tests of all formats share."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import strategies as st

from ums.domain.formats.exchange import ExchangeError
from ums.domain.formats.files import read_file

XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<profiles><profile>
  <profile_id>121</profile_id><profilename>Terminal</profilename>
  <firmware><model>IGEL OS 11</model><version>11.03.103.01</version></firmware>
  <description/><overwritesessions>true</overwritesessions><is_master_profile>false</is_master_profile>
  <settings>
    <pclass name="system.time.ntp_enabled">
      <pvalue instancenr="-1" variableExpression="" variableSubstitutionActive="false">true</pvalue>
      <variableSubstitutionActive>false</variableSubstitutionActive>
    </pclass>
    <pclass name="windowmanager.wm%.pages">
      <pvalue instancenr="0" variableExpression="" variableSubstitutionActive="false">2</pvalue>
      <pvalue instancenr="1" variableExpression="Page ${SITE}" variableSubstitutionActive="true">old</pvalue>
    </pclass>
    <pclass name="script"><pvalue instancenr="-1">echo &quot;a&quot;
  if a &amp;lt b</pvalue></pclass>
  </settings>
  <instancesettings>
    <instance classprefix="sessions.xterm%" serialnumber="1478ddbb:16fa18a7001:-8000172.0.4.237">
      <ivalue classname="sessions.xterm%.name" variableExpression="" variableSubstitutionActive="false">T</ivalue>
    </instance>
  </instancesettings>
</profile></profiles>"""

IPM: dict[str, Any] = {
    "meta": {
        "version": "1.0.0",
        "profileId": 158,
        "profileName": "Clock",
        "profileDescription": "",
        "profileType": "PROFILE",
    },
    "path": ["Sites", "North"],
    "apps": [{"line": "base_system"}],
    "parameterDescriptions": {
        "system.time.ntp_enabled": {"type": 2, "uiType": "bool", "value": True, "activatedInProfile": "Clock"},
        "windowmanager.wm": {
            "type": 1,
            "templateParameters": {"variables.pagingsizex": {"uiType": "integer"}},
            "instances": {"0": {"variables.pagingsizex": {"value": 2, "isIntegerInstance": True}}},
        },
        "sessions.xterm": {
            "type": 1,
            "instances": {"1700000000000abc": {"name": {"value": "T", "isIntegerInstance": False}}, "17aa": {}},
        },
    },
}


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)
TEXT = st.lists(LINE, max_size=4).flatmap(lambda lines: st.sampled_from(["\n", "\r\n", "\t", "\r"]).map(
    lambda sign: sign.join(lines)
))  # fmt: skip


def packed(*entries: tuple[str, bytes | str], **options: Any) -> bytes:
    """A ZIP file as anybody makes one."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return target.getvalue()


def ipm(**changes: Any) -> bytes:
    """IPM as a file."""
    return packed(("PROFILES/Clock.json", json.dumps({**IPM, **changes})))


def refused(data: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(ExchangeError) as error:
        read_file(data)
    return str(error.value)
