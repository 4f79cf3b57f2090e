from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("opendata", "0002_use_and_duties")]

    operations = [
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("url", models.URLField(max_length=2000)),
                ("form", models.CharField(blank=True, max_length=20)),
                ("every_hours", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("on", "On"), ("paused", "Paused"), ("removed", "Removed")],
                        default="on",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "removed"), _negated=True),
                        fields=("name",),
                        name="opendata_catalogue_followed_once",
                    )
                ],
            },
        ),
        migrations.AddField("table", "every_hours", models.PositiveIntegerField(null=True)),
        migrations.AddField("table", "check_at", models.DateTimeField(null=True)),
        migrations.AddField("table", "checked_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "table",
            "keywords",
            models.TextField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            "table", "url", models.URLField(blank=True, db_default="", default="", max_length=2000)
        ),
        migrations.AddField(
            "table",
            "trouble",
            models.TextField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.AddField(
            "table", "etag", models.CharField(blank=True, db_default="", default="", max_length=500)
        ),
        migrations.AddField(
            "table",
            "last_modified",
            models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
    ]
