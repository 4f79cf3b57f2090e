"""A message waiting to leave the house, saved in the transaction that caused it."""

from django.db import models


class Message(models.Model):
    """One e-mail: sent once after its transaction commits, tried again if it fails."""

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField(blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("due_at",),
                name="outbox_due",
                condition=models.Q(sent_at=None, failed_at=None),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} ({self.attempts} tries)"
