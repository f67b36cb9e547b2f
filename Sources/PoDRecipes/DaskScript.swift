import PoDCore

/// The short Python programs that ask for versions and retire workers.
enum DaskScript {
    /// The versions of a Python, and of Dask and ROOT in it where they can be imported.
    static func versions(python: String, setup: DaemonSetup?) async throws -> Versions {
        let command = [python, "-c", self.versionsText]
        let output = try await ShortCommand(command: setup?.wrap(command) ?? command).run()
        return try self.versions(of: output)
    }

    /// Reads the last line: a setup or ROOT may have said something before.
    static func versions(of output: String) throws(RecipeError) -> Versions {
        let line = output.split(whereSeparator: \.isNewline).last ?? ""
        guard let members = (try? JSONValue(parsing: Array(line.utf8)))?.members else {
            throw RecipeError(.data, "versions: expected a JSON object, found \(ValueError.quoted(line))")
        }
        var values: [String: String] = [:]
        for member in members {
            values[member.name] = member.value.string
        }
        do {
            return try Versions(checking: values)
        } catch {
            throw RecipeError(.data, error.description)
        }
    }

    /// Retires workers by their names. What they hold may take a while to move.
    static func retire(
        _ workers: [String], from scheduler: String, python: String, setup: DaemonSetup?, environment: [String: String]
    ) async throws {
        let command = [python, "-c", self.retirementText, scheduler] + workers
        _ = try await ShortCommand(
            command: setup?.wrap(command) ?? command, environment: environment, limit: .seconds(120)
        ).run()
    }

    private static let versionsText = """
        import importlib.metadata, importlib.util, json, platform
        versions = {"python": platform.python_version()}
        for name in ("dask", "distributed"):
            try:
                versions[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                pass
        if importlib.util.find_spec("ROOT"):
            try:
                import ROOT
                versions["ROOT"] = str(ROOT.gROOT.GetVersion())
            except Exception:
                pass
        print("\\n" + json.dumps(versions), flush=True)
        """

    private static let retirementText = """
        import sys
        from distributed import Client
        with Client(sys.argv[1], timeout=20) as client:
            client.retire_workers(names=sys.argv[2:], close_workers=True)
        """
}
