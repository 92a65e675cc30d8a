"""Everything that talks SQL to the system's own tables: the databases, the writer, and one repository a noun."""
