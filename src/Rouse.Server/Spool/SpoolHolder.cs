namespace Rouse.Server.Spool;

/// <param name="Folder">Null where none is set up that all servers of the database share.</param>
internal sealed record SpoolHolder(SpoolFolder? Folder);
