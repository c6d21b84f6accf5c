from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("swp", "0002_administrators")]

    operations = [
        migrations.AddField("login", "settled", models.BooleanField(default=True)),
        migrations.AddIndex(
            "login",
            models.Index(condition=models.Q(("settled", False)), fields=["device"], name="login_unsettled"),
        ),
    ]
