import PoDCore
import PoDRendezvous
import Testing

struct SettingsTests {
    @Test(arguments: [
        ("master_job_id", "0"), ("master_job_id", "12abc"), ("master_job_id", "9223372036854775808"),
        ("address", "host"), ("address", "host:0"), ("address", "ho st:1"), ("wanted", "-1"), ("wanted", "1000001"),
        ("share", "0"), ("share", "1.1"), ("share", "nan"), ("protocol", "http"), ("period", "0"), ("period", "26"),
        ("rate", "x"), ("destination", "h:99999"), ("status_file", ""), ("colour", "blue"),
    ])
    func publisherRefuses(name: String, value: String) {
        var settings = PublisherSettings()
        #expect {
            try settings.set(name, value)
        } throws: { error in
            let error = error as? RendezvousError
            return error?.status == .usage && error?.description.contains("\n") == false
        }
    }

    @Test(arguments: [
        ("repository", "ftp://x"), ("repository", "http://"), ("repository", "http://u@h"),
        ("repository", "http://h/?q"), ("check_period", "0"), ("check_period", "3601"), ("run_time", "86401"),
        ("run_time", "1e3"), ("directory", ""), ("master_job_id", "x"), ("allow_unsigned", "yes"), ("user", "a b"),
        ("colour", "blue"),
    ])
    func watcherRefuses(name: String, value: String) {
        let watcher = Watcher()
        #expect {
            try watcher.set(name, value)
        } throws: { error in
            (error as? RendezvousError)?.status == .usage
        }
    }

    @Test("a watcher without a repository, or a step without a beginning, is told so")
    func notReady() {
        let watcher = Watcher()
        #expect(throws: RendezvousError.self) { try watcher.begin(once: true) }
        #expect(throws: RendezvousError.self) { _ = try watcher.step() }
        #expect(throws: RendezvousError.self) { try watcher.workerEnded(exitCode: 0) }
    }
}
