"""Services of devices that are switched off one by one."""

from __future__ import annotations

from django.db import models

from ums.devices.models import Device


class ServiceOff(models.Model):
    """Nobody can log in at this device, whatever its licence says: the service Shared Workplace is switched off there
    (manual p. 46).
    """

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="shared_workplace_off")
    switched_at = models.DateTimeField(auto_now_add=True)
    switched_by = models.CharField(max_length=150)

    access_directory = "device__directory"

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Shared Workplace is off on device {self.device_id}"
