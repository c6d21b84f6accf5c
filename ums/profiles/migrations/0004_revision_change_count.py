
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0003_profile_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="change_count",
            field=models.PositiveIntegerField(
                help_text="In how many values it differs from the one before.", null=True
            ),
        ),
    ]
