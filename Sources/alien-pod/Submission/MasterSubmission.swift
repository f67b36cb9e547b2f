import AliEnSite
import ArgumentParser
import Foundation
import PoDCore

/// A master to be submitted: what the command line says, filled in from the user's defaults and the site's settings.
struct MasterSubmission: ParsableArguments {
    @OptionGroup var master: MasterArguments

    @OptionGroup(title: "Where the jobs run")
    var place: BackendArguments

    @OptionGroup(title: "Settings from LDAP")
    var directory: DirectoryArguments

    /// A job may go on for so long after its session's end, in seconds: workers are told, the head daemon is stopped.
    private static let timeToEnd = 600

    func plan(workers: Int, on backend: any Backend) throws -> MasterPlan {
        var resources = try self.place.resources(of: backend, .master)
        var master = self.master
        let (settings, ce) = try self.settings(on: backend)
        let period = try master.fill(from: settings, takesDefaults: !backend.isThisMachine)
        if !backend.isThisMachine {
            resources.queue = resources.queue ?? ce.map { backend.queue(ofCE: $0) }
            resources.time = resources.time ?? master.ttl.map { $0 + Self.timeToEnd }
            if let longest = backend.longestTime, let time = resources.time, time > longest {
                resources.time = longest
                master.ttl = min(master.ttl ?? longest, longest - Self.timeToEnd)
            }
        }
        if let memory = resources.memory { master.recipes.memoryLimit = master.recipes.memoryLimit ?? memory }
        // What is wrong is told before anything is submitted.
        _ = try master.recipes.named(master.recipe)
        let destinations = self.destinations(on: backend)
        let owner = try master.owner
        if destinations != nil, owner == nil {
            CommandLog.complain(
                "warning: no --user-key and --user-ticket: advertisements are unsigned, and few sites believe those")
        }
        return MasterPlan(
            workers: workers, arguments: period + master.arguments, destinations: destinations, owner: owner,
            revoked: try settings.values(of: .revoked),
            repositories: master.repository.map { [$0] } ?? [], lifetime: master.ttl ?? MasterArguments.longestTTL,
            resources: resources)
    }

    /// `nil` where nothing is to be published, no destination where the job finds its own.
    private func destinations(on backend: any Backend) -> [String]? {
        if !self.master.destination.isEmpty { return self.master.destination }
        // AliEn sets APMON_CONFIG in a job.
        guard backend.sharesFiles else { return [] }
        let own = ProcessInfo.processInfo.environment["APMON_CONFIG"] ?? ""
        return own.isEmpty ? nil : [own]
    }

    /// The settings of the CE that the master goes to, `--ce` or `podMasterCe`, and its name.
    private func settings(on backend: any Backend) throws -> (ResolvedSettings, ce: String?) {
        var directory = self.directory
        directory.ce = nil
        let organisation = try SiteSettings(directory)
        let ce = try self.directory.ce ?? organisation.resolved.values(of: .masterCe).first
        guard let ce else { return (organisation.resolved, nil) }
        guard let name = SettingRule.computingElement.canonical(ce) else {
            throw ValueError("--ce", found: ce, expected: SettingRule.computingElement.expectation)
        }
        // On this machine it is of no use.
        guard !backend.isThisMachine else { return (organisation.resolved, nil) }
        guard organisation.isFromLDAP else { return (organisation.resolved, name) }
        directory.ce = name
        return (try SiteSettings(directory).resolved, name)
    }
}

extension Backend {
    /// The name of a CE's queue: for the grid the CE's own, for a batch system the last part of it.
    fileprivate func queue(ofCE name: String) -> String {
        self.sharesFiles ? String(name.split(separator: ":").last ?? "") : name
    }
}
