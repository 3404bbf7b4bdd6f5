"""Alembic's entry: migrates over the connection that `Database.migrate` hands in."""

from alembic import context

from motioncast.service.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=False,  # the caller's transaction
)
context.run_migrations()
