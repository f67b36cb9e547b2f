import AliEnSite

/// How jobs start our programs where they run: from the `home` that is named, else as on this machine if its files are
/// there, else by PATH.
enum JobPrograms {
    static func alienPod(on backend: any Backend, home: String?) -> [JobWord] {
        if let home { return [.text("\(home)/bin/alien-pod")] }
        return backend.sharesFiles ? [.text(Installation.alienPodPath)] : ["alien-pod"]
    }

    /// The Perl publisher.
    ///
    /// - Throws: ``CommandError`` where it should be on this machine and isn't.
    static func publisher(on backend: any Backend, home: String?) throws -> [JobWord] {
        if let home { return [.text("\(home)/bin/alien-pod-publish")] }
        guard backend.sharesFiles else { return ["alien-pod-publish"] }
        return [.text(try Installation().publisherPath)]
    }
}
