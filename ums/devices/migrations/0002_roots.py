"""The root of each tree."""

from django.db import migrations

ROOTS = [("device", "Devices"), ("profile", "Profiles"), ("priority_profile", "Priority Profiles")]


def create_roots(apps, schema_editor):
    directory = apps.get_model("devices", "Directory")
    for kind, name in ROOTS:
        directory.objects.get_or_create(kind=kind, parent=None, defaults={"name": name})


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]
    operations = [migrations.RunPython(create_roots, migrations.RunPython.noop)]
