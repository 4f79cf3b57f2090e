"""One line of the audit log. Written by `log.record` alone; the database forbids the rest."""

from django.db import models


class Line(models.Model):
    """What one person or process did.

    Not managed: the migration makes the table, so that `flush` never empties it.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    did = models.CharField(max_length=100, db_index=True)
    to = models.CharField(max_length=300, db_index=True)
    detail = models.TextField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        managed = False
        db_table = "audit_line"
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.seq} {self.by} {self.did} {self.to}"
