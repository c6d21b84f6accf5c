"""Nothing is done under a lease of its own: the life of a process is the lease (docs/adr/0007)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ha", "0003_cluster_host_checked")]

    operations = [migrations.DeleteModel("Lease")]
