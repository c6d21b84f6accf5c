"""How many parameters and pages a catalogue has, for lists that do not read catalogues."""

import json

from django.db import migrations, models


def count(apps, schema_editor):
    Catalogue = apps.get_model("profiles", "Catalogue")
    for row in Catalogue.objects.iterator():
        definition = json.loads(row.definition)
        counts = {"parameter_count": len(definition["parameters"]), "page_count": len(definition["pages"])}
        Catalogue.objects.filter(pk=row.pk).update(**counts)


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0005_profile_origin"),
    ]

    operations = [
        migrations.AddField("catalogue", "parameter_count", models.PositiveIntegerField(default=0)),
        migrations.AddField("catalogue", "page_count", models.PositiveIntegerField(default=0)),
        migrations.RunPython(count, migrations.RunPython.noop, elidable=True),
    ]
