"""Forms of the network."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from ha.models import Network


class NetworkForm(forms.ModelForm):
    """Server Network Settings."""

    class Meta:
        model = Network
        fields = ("cluster_host", "cluster_port")
        help_texts: ClassVar = {"cluster_host": "A name or an IP address, without https:// and port."}
        widgets: ClassVar = {
            "cluster_host": forms.TextInput(attrs={"class": "input", "placeholder": "ums.example.org"}),
            "cluster_port": forms.NumberInput(attrs={"class": "input", "min": 1, "max": 65_535}),
        }
