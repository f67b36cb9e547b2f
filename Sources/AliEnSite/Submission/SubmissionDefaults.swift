import Foundation
import PoDCore
import PoDRendezvous

/// What a user submits with where the command line says nothing: `~/.alien-pod/submit.json`.
///
/// `{"backend": "slurm", "slurm": {"account": "alice", "time": 43200, "master": {"queue": "services"}, "worker": {…}}}`:
/// one object a backend, whose values hold for all its jobs but where its `master` or `worker` says otherwise.
package struct SubmissionDefaults: Sendable {
    /// `nil` where none is named.
    package let backend: String?
    private let document: JSONValue
    private let path: String

    private static let keys = ["queue", "account", "cores", "memory", "time", "directives", "prologue", "home"]

    /// Reads the file; without one, nothing is said.
    ///
    /// - Parameter isRequired: Whether it must be there.
    /// - Throws: ``SiteError`` with ``ExitStatus/noInput`` or ``ExitStatus/configuration``, naming file and key.
    package init(path: String, isRequired: Bool, backends: [String]) throws(SiteError) {
        self.path = path
        guard isRequired || FileManager.default.fileExists(atPath: path) else {
            self.document = .object([])
            self.backend = nil
            return
        }
        do {
            self.document = try JSONValue(parsing: try SmallFile.read(path))
        } catch let error as RendezvousError {
            throw SiteError(error.status, error.description)
        } catch {
            throw SiteError(.configuration, "\(path): \(error)")
        }
        guard let members = self.document.members else {
            throw SiteError(.configuration, "\(path): expected an object")
        }
        for member in members where member.name != "backend" {
            try Self.check(member.name, among: ["backend"] + backends, in: path)
        }
        guard let backend = self.document["backend"] else {
            self.backend = nil
            return
        }
        guard let name = backend.string, backends.contains(name) else {
            throw SiteError(
                .configuration,
                "\(path): backend: expected one of \(backends.joined(separator: ", ")), found \(backend.text)")
        }
        self.backend = name
    }

    /// What it says of a backend's jobs of one kind.
    ///
    /// - Throws: ``SiteError`` with ``ExitStatus/configuration`` for an unknown key or a value of the wrong type, with
    ///   ``ExitStatus/noInput`` for a prologue that can't be read.
    package func resources(of backend: String, _ kind: JobKind) throws(SiteError) -> JobResources {
        guard let section = self.document[backend] else { return JobResources() }
        let all = try self.resources(in: section, backend, also: [JobKind.master.rawValue, JobKind.worker.rawValue])
        guard let own = section[kind.rawValue] else { return all }
        return try self.resources(in: own, "\(backend).\(kind.rawValue)", also: []).filled(from: all)
    }

    private func resources(
        in section: JSONValue, _ place: String, also others: [String]
    ) throws(SiteError) -> JobResources {
        guard let members = section.members else {
            throw SiteError(.configuration, "\(self.path): \(place): expected an object, found \(section.text)")
        }
        var resources = JobResources()
        for member in members where !others.contains(member.name) {
            try Self.check(member.name, among: Self.keys + others, in: "\(self.path): \(place)")
            let name = "\(place).\(member.name)"
            switch member.name {
            case "queue": resources.queue = try self.text(member.value, name)
            case "account": resources.account = try self.text(member.value, name)
            case "home": resources.home = try self.text(member.value, name)
            case "cores": resources.cores = try self.number(member.value, name)
            case "memory": resources.memory = try self.number(member.value, name)
            case "time": resources.time = try self.number(member.value, name)
            case "prologue": resources.prologue = try self.prologue(try self.text(member.value, name))
            default:
                guard let lines = member.value.array?.map(\.string), !lines.contains(nil) else {
                    throw SiteError(.configuration, "\(self.path): \(name): expected an array of lines")
                }
                resources.directives = lines.compactMap(\.self)
            }
        }
        do throws(SiteError) {
            try resources.check()
        } catch {
            throw SiteError(.configuration, "\(self.path): \(place): \(error)")
        }
        return resources
    }

    private func text(_ value: JSONValue, _ name: String) throws(SiteError) -> String {
        guard let text = value.string else {
            throw SiteError(.configuration, "\(self.path): \(name): expected a text, found \(value.text)")
        }
        return text
    }

    private func number(_ value: JSONValue, _ name: String) throws(SiteError) -> Int {
        guard let number = value.integer else {
            throw SiteError(.configuration, "\(self.path): \(name): expected a number, found \(value.text)")
        }
        return Int(clamping: number)
    }

    /// - Parameter path: A file's; a relative one starts where this file is.
    private func prologue(_ path: String) throws(SiteError) -> String {
        let start = URL(fileURLWithPath: self.path).deletingLastPathComponent()
        return try JobResources.prologue(inFile: URL(fileURLWithPath: path, relativeTo: start).path)
    }

    private static func check(_ name: String, among names: [String], in place: String) throws(SiteError) {
        guard !names.contains(name) else { return }
        let nearest = NearestName.of(name, among: names) ?? ""
        throw SiteError(.configuration, "\(place): \(name.quoted) means nothing here; the nearest is \(nearest)")
    }
}
