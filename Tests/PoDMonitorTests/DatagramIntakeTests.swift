import ApMon
import Foundation
import PoDMonitor
import Testing

@Suite struct DatagramIntakeTests {
    private static let everything = SeriesPattern(farm: .any, cluster: .any, node: .any, parameter: .any)
    private static let now: Int64 = 1_234_567_890_500

    private func intake(_ store: MonitorStore, password: String? = nil) -> DatagramIntake {
        DatagramIntake(farm: "F", password: password, floodControl: FloodControl(), store: store)
    }

    private func samples(_ store: MonitorStore) -> [SeriesSample] {
        store.samples(matching: Self.everything, in: nil, now: Self.now, limit: .max)
    }

    /// What the real receiver made of a datagram.
    struct Receiver: Decodable {
        struct Parameter: Decodable {
            let name: String
            let kind: String
            let value: SeriesText
        }

        /// Numbers and texts, as REST shows them.
        struct SeriesText: Decodable {
            let text: String

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self.text = NumberText.text(of: number)
                } else {
                    self.text = try container.decode(String.self)
                }
            }
        }

        enum Time: Decodable, Equatable {
            case sender(Int64)
            case receiver

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self = (try? container.decode(Int64.self)).map { .sender($0) } ?? .receiver
            }
        }

        let cluster: String
        let node: String
        let time_ms: Time
        let params: [Parameter]
    }

    @Test(
        "takes what the real receiver takes",
        arguments: [
            "perl-pod-master", "c-pod-master", "py-pod-master", "cppold-timed-pass", "perl-timed", "perl-pass",
            "odd-blank-string", "c-utf8", "perl-strings-0-9",
        ])
    func asReceiver(_ id: String) throws {
        struct Case: Decodable {
            let receiver: Receiver
        }
        let json = Data(RestCase.bytes("apmon/\(id).json"))
        let expected = try JSONDecoder().decode(Case.self, from: json).receiver
        let time = if case .sender(let time) = expected.time_ms { time } else { Self.now }
        let store = MonitorStore(limits: SeriesCache.Limits(retention: Self.now))
        let outcome = self.intake(store).take(RestCase.bytes("apmon/\(id).bin"), now: Self.now)
        #expect(outcome == .taken(values: expected.params.count, refused: 0))
        let samples = self.samples(store).sorted { $0.key.parameter < $1.key.parameter }
        #expect(samples.map(\.key.parameter) == expected.params.map(\.name).sorted())
        for sample in samples {
            #expect(sample.key.farm == "F")
            #expect(sample.key.cluster == expected.cluster)
            #expect(sample.key.node == expected.node)
            #expect(sample.time == time)
            #expect(sample.value.text == expected.params.first { $0.name == sample.key.parameter }?.value.text)
        }
    }

    @Test(
        "refuses every malformed datagram and keeps nothing of it",
        arguments: RestCase.names(in: "apmon").filter { name in
            name.hasSuffix(".bin") && !RestCase.names(in: "apmon").contains(name.replacing(".bin", with: ".json"))
        })
    func malformed(_ name: String) {
        let store = MonitorStore()
        let outcome = self.intake(store).take(RestCase.bytes("apmon/\(name)"), now: Self.now)
        switch outcome {
        case .malformed, .unnamed: break
        case .taken, .wrongPassword, .flooded: Issue.record("\(name): \(outcome)")
        }
        #expect(self.samples(store).isEmpty)
        #expect(store.counts.received == 1)
        #expect(store.counts.taken == 0)
    }

    @Test(
        "a datagram without cluster or node is counted and not kept",
        arguments: ["perl-empty-node", "perl-empty-cluster"])
    func unnamed(_ id: String) {
        let store = MonitorStore()
        #expect(self.intake(store).take(RestCase.bytes("apmon/\(id).bin"), now: Self.now) == .unnamed)
        #expect(store.counts.unnamed == 1)
    }

    @Test("accounting records are no values")
    func accounting() {
        let datagram = Datagram(
            header: DatagramHeader(version: "2.2.18_pl", password: ""), instanceID: 1, sequenceNumber: 1, cluster: "C",
            node: "#acc_alice", parameters: [DatagramParameter(name: "jobid", value: .int32(1))])
        let store = MonitorStore()
        #expect(self.intake(store).take(datagram.encoded(), now: Self.now) == .unnamed)
    }

    @Test(
        "the password, when one is set",
        arguments: [
            ("perl-pass", "secret", .taken(values: 1, refused: 0)), ("perl-pass", "Secret", .wrongPassword),
            ("perl-pass", "", .wrongPassword), ("perl-pod-master", "secret", .wrongPassword),
            ("perl-pod-master", "", .taken(values: 6, refused: 0)),
        ] as [(String, String, DatagramOutcome)])
    func password(_ id: String, _ password: String, _ expected: DatagramOutcome) {
        let store = MonitorStore()
        let intake = self.intake(store, password: password)
        #expect(intake.take(RestCase.bytes("apmon/\(id).bin"), now: Self.now) == expected)
        #expect(store.counts.wrongPassword == (expected == .wrongPassword ? 1 : 0))
    }

    @Test("values beyond the cache's limits are counted")
    func full() {
        let store = MonitorStore(limits: SeriesCache.Limits(seriesCount: 4))
        let outcome = self.intake(store).take(RestCase.bytes("apmon/perl-pod-master.bin"), now: Self.now)
        #expect(outcome == .taken(values: 6, refused: 2))
        #expect(store.counts.valuesRefused == 2)
    }
}

@Suite struct FloodControlTests {
    private func admits(_ source: String, at second: Int64, _ control: inout FloodControl) -> Bool {
        control.admits(source, at: second, random: { 0.999 })
    }

    @Test("a burst passes, then a source is held to its rate, and another is not")
    func burst() {
        var control = FloodControl(rate: 50)
        // The filter lets pass what keeps 0.08 times the count at 90 % of the rate or below.
        let passed = (0..<2000).count { _ in control.admits("a", at: 0, random: { 0.999 }) }
        #expect(passed == 563)
        #expect(self.admits("b", at: 0, &control))
        // A lucky draw lets one through up to the full rate, not beyond.
        let lucky = (0..<2000).count { _ in control.admits("a", at: 0, random: { 0 }) }
        // 0.08 times 625 is the rate, give or take a rounding.
        #expect((62...63).contains(lucky))
    }

    @Test("the average decays")
    func decay() {
        var control = FloodControl(rate: 50)
        while control.admits("a", at: 0, random: { 0.999 }) {}
        #expect(self.admits("a", at: 60, &control))
    }

    @Test("rate 0 lets everything pass")
    func off() {
        var control = FloodControl(rate: 0)
        let passed = (0..<5000).count { _ in control.admits("a", at: 0, random: { 0.999 }) }
        #expect(passed == 5000)
    }

    @Test("sources beyond the table share one average, until silent ones are forgotten")
    func manySources() {
        var control = FloodControl(rate: 50, sourceCount: 2)
        #expect(self.admits("a", at: 0, &control))
        #expect(self.admits("b", at: 0, &control))
        let others = (0..<2000).count { control.admits("c\($0)", at: 1, random: { 0.999 }) }
        #expect(others == 563)
        #expect(self.admits("a", at: 1, &control))
        #expect(self.admits("d", at: 60, &control))
        #expect(self.admits("d", at: 61, &control))
    }
}

@Suite struct ListenAddressTests {
    @Test(
        "reads HOST:PORT",
        arguments: [
            ("127.0.0.1:8884", "127.0.0.1", 8884), ("localhost:0", "localhost", 0), ("[::1]:65535", "::1", 65535),
        ])
    func parse(_ text: String, _ host: String, _ port: UInt16) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.description == text)
    }

    @Test(
        "refuses anything else",
        arguments: [
            "", ":", "8884", ":8884", "host", "host:", "host:65536", "host:-1", "host:+1", "host:1x", "::1:80", "[::1]",
            "[::1]80", "[]:80", "[host]:80", "a b:80", "a/b:80", "http://host:80", "host:８０", "hö:80",
        ])
    func refuse(_ text: String) {
        let error = #expect(throws: MonitorError.self) { try ListenAddress(parsing: text) }
        #expect(error?.code == .badAddress)
        #expect(error?.description.contains("HOST:PORT") == true)
    }

    @Test("a farm has a name that a request can give", arguments: ["", "a/b", "a\nb"])
    func farm(_ name: String) throws {
        let error = #expect(throws: MonitorError.self) { try MonitorConfiguration(farm: name) }
        #expect(error?.code == .badFarm)
        #expect(try MonitorConfiguration().farm.contains(".") == false)
    }
}
