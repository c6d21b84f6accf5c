"""Which process of its host a row means: the watchdog sees at once that it has ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ha", "0001_initial")]

    operations = [
        migrations.AddField(
            "process",
            "pid",
            models.PositiveIntegerField(default=0, help_text="On its host; 0 when nobody knows."),
        )
    ]
