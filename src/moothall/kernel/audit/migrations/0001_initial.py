"""The log's table, and the triggers that keep every line as it was written."""

from django.db import migrations, models

SQLITE = [
    """CREATE TRIGGER audit_line_keep_{verb} BEFORE {VERB} ON audit_line
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""".format(
        verb=verb.lower(), VERB=verb
    )
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    """CREATE FUNCTION audit_line_keep() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    """CREATE TRIGGER audit_line_keep_rows BEFORE UPDATE OR DELETE ON audit_line
       FOR EACH ROW EXECUTE FUNCTION audit_line_keep()""",
    """CREATE TRIGGER audit_line_keep_table BEFORE TRUNCATE ON audit_line
       FOR EACH STATEMENT EXECUTE FUNCTION audit_line_keep()""",
]
TRIGGERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def make_table(apps, schema_editor):
    schema_editor.create_model(apps.get_model("audit", "Line"))
    for statement in TRIGGERS[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Line",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=200)),
                ("did", models.CharField(db_index=True, max_length=100)),
                ("to", models.CharField(db_index=True, max_length=300)),
                ("detail", models.TextField()),
                ("prev_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
            ],
            options={"db_table": "audit_line", "ordering": ("seq",), "managed": False},
        ),
        migrations.RunPython(make_table, elidable=False),
    ]
