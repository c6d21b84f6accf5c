"""Customizations and updates as kinds of profiles, the recycle bin, template keys."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0004_more_roots'),
        ('profiles', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='profile',
            name='deleted_at',
            field=models.DateTimeField(blank=True, help_text='Since then it lies in the recycle bin.', null=True),
        ),
        migrations.AddField(
            model_name='profile',
            name='deleted_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='profile',
            name='use_case',
            field=models.CharField(blank=True, choices=[('wallpaper', 'Wallpaper'), ('bootsplash', 'Boot splash'), ('screensaver', 'Screen saver'), ('taskbar', 'Taskbar and start button')], max_length=16),
        ),
        migrations.AddField(
            model_name='revision',
            name='based_on',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.catalogue'),
        ),
        migrations.AddField(
            model_name='revision',
            name='template_keys',
            field=models.JSONField(blank=True, default=list, help_text='Names of the keys that its expressions use.'),
        ),
        migrations.AlterField(
            model_name='profile',
            name='kind',
            field=models.CharField(choices=[('standard', 'Standard profile'), ('priority', 'Priority profile'), ('customization', 'Firmware customization'), ('update', 'Universal firmware update')], default='standard', max_length=16),
        ),
        migrations.CreateModel(
            name='TemplateKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True)),
                ('type', models.CharField(choices=[('string', 'String'), ('checkbox', 'Checkbox'), ('integer', 'Integer'), ('float', 'Floating point')], default='string', max_length=8)),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('directory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='template_keys', to='devices.directory')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TemplateValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.JSONField()),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='values', to='profiles.templatekey')),
            ],
            options={
                'ordering': ['key__name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ValueGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, unique=True)),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('directory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='value_groups', to='devices.directory')),
                ('values', models.ManyToManyField(blank=True, related_name='groups', to='profiles.templatevalue')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TemplateAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('author_name', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='template_assignments', to='devices.device')),
                ('directory', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='template_assignments', to='devices.directory')),
                ('value', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='profiles.templatevalue')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='profiles.valuegroup')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='templatevalue',
            constraint=models.UniqueConstraint(models.F('key'), models.F('value'), name='template_value_unique_in_key'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('group__isnull', True), ('value__isnull', False)), models.Q(('group__isnull', False), ('value__isnull', True)), _connector='OR'), name='template_assignment_has_one_object'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('directory__isnull', True)), models.Q(('device__isnull', True), ('directory__isnull', False)), _connector='OR'), name='template_assignment_has_one_target'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.UniqueConstraint(models.F('value'), models.F('device'), name='template_value_unique_on_device'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.UniqueConstraint(models.F('value'), models.F('directory'), name='template_value_unique_on_directory'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.UniqueConstraint(models.F('group'), models.F('device'), name='value_group_unique_on_device'),
        ),
        migrations.AddConstraint(
            model_name='templateassignment',
            constraint=models.UniqueConstraint(models.F('group'), models.F('directory'), name='value_group_unique_on_directory'),
        ),
    ]
