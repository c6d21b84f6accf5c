"""More kinds of directories, each with its root, and the deliveries of settings."""

import django.db.models.deletion
from django.db import migrations, models

ROOTS = [
    ("customization", "Firmware Customizations"),
    ("update", "Universal Firmware Updates"),
    ("template", "Template Keys and Groups"),
    ("file", "Files"),
]


def create_roots(apps, schema_editor):
    directory = apps.get_model("devices", "Directory")
    for kind, name in ROOTS:
        directory.objects.get_or_create(kind=kind, parent=None, defaults={"name": name})


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0003_search_index'),
    ]

    operations = [
        migrations.AlterField(
            model_name='directory',
            name='kind',
            field=models.CharField(choices=[('device', 'Devices'), ('profile', 'Profiles'), ('priority_profile', 'Priority Profiles'), ('customization', 'Firmware Customizations'), ('update', 'Universal Firmware Updates'), ('template', 'Template Keys and Groups'), ('file', 'Files')], default='device', max_length=16),
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(help_text='The change that the settings answer, as in the state of the settings.')),
                ('tag', models.CharField(max_length=128)),
                ('sent_at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=4096)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='devices.device')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-sent_at', '-pk'],
                'indexes': [models.Index(fields=['device', '-sent_at'], name='devices_del_device__5a6411_idx')],
            },
        ),
        migrations.RunPython(create_roots, migrations.RunPython.noop),
    ]
