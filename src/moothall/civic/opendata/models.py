"""What officers add to the open data: a table and what is said of it, and each file for it."""

from django.db import models


class Table(models.Model):
    """A dataset that officers keep. Its rows are not here: they are in versions, in the lake."""

    class State(models.TextChoices):
        """Whether the public sees it."""

        DRAFT = "draft"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    summary = models.TextField(max_length=2000)
    publisher = models.CharField(max_length=120)
    licence = models.CharField(max_length=40)
    theme = models.CharField(max_length=10, blank=True)
    promise_days = models.PositiveIntegerField(null=True)
    """How often it is to be new; None where nothing is promised."""
    contact = models.EmailField()
    keywords = models.TextField(max_length=2000, blank=True, default="", db_default="")
    """With commas between."""
    url = models.URLField(max_length=2000, blank=True, default="", db_default="")
    """Where its file is fetched from; "" where an officer brings it."""
    every_hours = models.PositiveIntegerField(null=True)
    check_at = models.DateTimeField(null=True)
    """When the file is to be fetched next."""
    checked_at = models.DateTimeField(null=True)
    """When it was last asked for, whatever came of it."""
    trouble = models.TextField(max_length=1000, blank=True, default="", db_default="")
    """What went wrong then, in a sentence; "" if nothing did."""
    etag = models.CharField(max_length=500, blank=True, default="", db_default="")
    last_modified = models.CharField(max_length=100, blank=True, default="", db_default="")
    said = models.JSONField(default=dict)
    """What an officer says of columns, by name: type, unit, meaning, and whether it is left out."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    why = models.TextField(max_length=1000, blank=True)
    """Why it is withdrawn, or published in spite of what the check of persons found."""
    asked = models.UUIDField(unique=True)
    """Of the form that made it: sent twice, it makes one table."""
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """The name of its dataset, and of its versions."""
        return f"table.{self.slug}"

    @property
    def draft(self) -> str:
        """The name under which a file that waits to be published is kept."""
        return f"draft.{self.slug}"


class File(models.Model):
    """A file an officer brought for a table, and what became of it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        PUBLISHED = "published"
        DROPPED = "dropped"

    table = models.ForeignKey(Table, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    bytes = models.BigIntegerField()
    form = models.CharField(max_length=20)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=4, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    version = models.PositiveIntegerField(null=True)
    """Which version it became."""
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("table",),
                condition=models.Q(state="waiting"),
                name="opendata_one_file_waits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class Catalogue(models.Model):
    """Another catalogue that officers follow. What it lists is not here: it is in the lake."""

    class State(models.TextChoices):
        """Whether it is asked."""

        ON = "on"
        PAUSED = "paused"
        REMOVED = "removed"

    slug = models.SlugField(max_length=60, unique=True)
    """The end of its feed's name."""
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=2000)
    form = models.CharField(max_length=20, blank=True)
    every_hours = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ON)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("name",),
                condition=~models.Q(state="removed"),
                name="opendata_catalogue_followed_once",
            ),
        )

    def __str__(self) -> str:
        return self.slug


class Fetched(models.Model):
    """How often a dataset was fetched on one day in one form. By whom is nowhere."""

    dataset = models.CharField(max_length=110)
    form = models.CharField(max_length=20)
    day = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("dataset", "form", "day"), name="opendata_fetched_once_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.dataset} {self.form} {self.day}"


class Answer(models.Model):
    """That a table answers what a code says must be published."""

    duty = models.SlugField(max_length=40)
    """The code of the duty, as the rules name it."""
    table = models.ForeignKey(Table, on_delete=models.PROTECT, related_name="answers")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("duty", "table"), name="opendata_answer_said_once"),
        )

    def __str__(self) -> str:
        return f"{self.duty} {self.table_id}"


class Question(models.Model):
    """A question in SQL over open datasets that officers thought worth an address of its own."""

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    summary = models.TextField(max_length=2000)
    sql = models.TextField(max_length=10_000)
    withdrawn = models.BooleanField(default=False, db_default=False)
    asked = models.UUIDField(unique=True)
    """Of the form that made it: sent twice, it makes one question."""
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug
