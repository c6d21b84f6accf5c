from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0004_revision_change_count'),
    ]

    operations = [
        migrations.AddField(
            model_name='profile',
            name='origin',
            field=models.JSONField(blank=True, default=dict, help_text='What the file that it was imported from said and no other column holds.'),
        ),
    ]
