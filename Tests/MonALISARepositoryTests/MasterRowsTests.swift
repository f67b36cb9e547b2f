import MonALISARepository
import PoDCore
import PoDTestKit
import Testing

@Suite struct MasterRowsTests {
    private func answer(_ lines: [String]) throws -> RepositoryAnswer {
        try RepositoryAnswer(lines.map { "\($0)\n" }.joined().utf8, "text/plain")
    }

    @Test("puts the parameters of one master together, of each the newest")
    func newest() throws {
        var answer = try self.answer([
            "F/PoD_Masters/7/Address/old:1/1000", "F/PoD_Masters/7/Address/new:2/3000",
            "F/PoD_Masters/7/Address/older:3/2000", "F/PoD_Masters/7/Wanted/5/3000", "F/PoD_Masters/7/Wanted/4/2000",
            "F/PoD_Masters/7/Share/0.25/3000", "F/PoD_Masters/7/Protocol/alien-pod/1/3000",
            "F/PoD_Masters/7/Address/same:4/3000",
        ])
        let masters = answer.takeMasters()
        #expect(masters.count == 1)
        let master = try #require(masters.first)
        let reading = try answer.reading(of: master)
        #expect(reading.masterJobID == MasterJobID(number: 7))
        #expect(answer.value(of: try #require(master.address)) == "new:2")
        #expect(reading.wanted == 5)
        #expect(reading.share == 0.25)
        #expect(reading.sessionProtocol == .alienPoD1)
        #expect(reading.reportedAt == 3000)
        #expect(answer.skipped.isEmpty)
    }

    @Test("keeps farms apart, and masters of one farm in the order of their first rows")
    func farms() throws {
        var answer = try self.answer([
            "B/PoD_Masters/2/Address/h:1/1", "A/PoD_Masters/2/Address/h:2/1", "B/PoD_Masters/1/Address/h:3/1",
            "A/PoD_Masters/2/Wanted/3/1", "B/PoD_Masters/2/Wanted/4/1",
        ])
        let masters = answer.takeMasters()
        #expect(masters.map { "\(answer.farm(of: $0.first))/\(answer.node(of: $0.first))" } == ["B/2", "A/2", "B/1"])
        #expect(try masters.map { try answer.reading(of: $0).wanted } == [4, 3, 1])
    }

    @Test("skips rows of other clusters and parameters, and masters without an address")
    func others() throws {
        var answer = try self.answer([
            "F/Other/7/Address/h:1/1", "F/PoD_Master/7/Address/h:1/1", "F/PoD_Masters/7/address/h:1/1",
            "F/PoD_Masters/7/Wanted/0/1", "F/PoD_Masters/8/Address/h:1/1", "F/pod_Masters/8/Address/h:1/1",
        ])
        let masters = answer.takeMasters()
        #expect(
            answer.skipped == [
                SkippedRow(number: 1, reason: #"cluster "Other""#),
                SkippedRow(number: 2, reason: #"cluster "PoD_Master""#),
                SkippedRow(number: 3, reason: #"parameter "address""#),
                SkippedRow(number: 6, reason: #"cluster "pod_Masters""#),
            ])
        #expect(masters.map { $0.address == nil } == [true, false])
        let error = #expect(throws: ValueError.self) { try answer.reading(of: masters[0]) }
        #expect(error?.description == "Address: missing")
    }

    @Test(
        "refuses what no master can be",
        arguments: [
            ("x", "h:1"), ("0", "h:1"), ("07", "h:1"), ("9223372036854775808", "h:1"), ("12abc", "h:1"), ("+7", "h:1"),
            ("7", "h"), ("7", "h:0"), ("7", "h:70000"), ("7", "h:"), ("7", ""), ("7", "a b:1"), ("7", "h:1;rm -rf"),
            ("7", "$(x):1"), ("7", "[::1:1"), ("7", "é:1"),
        ])
    func refusals(_ node: String, _ address: String) throws {
        var answer = try self.answer(["F/PoD_Masters/\(node)/Address/\(address)/1", "F/PoD_Masters/8/Address/h:1/1"])
        let masters = answer.takeMasters()
        #expect(masters.count == 2)
        #expect(throws: ValueError.self) { try answer.reading(of: masters[0]) }
        #expect(try answer.reading(of: masters[1]).masterJobID == MasterJobID(number: 8))
    }

    @Test("agrees with a plain dictionary on thousands of rows in any order", arguments: [1, 2, 3])
    func model(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func random(_ bound: Int) -> Int {
            Int.random(in: 0..<bound, using: &generator)
        }
        struct Expected: Equatable {
            var address: (value: String, timestamp: Int64)?
            var order: Int

            static func == (lhs: Self, rhs: Self) -> Bool {
                lhs.order == rhs.order && lhs.address?.value == rhs.address?.value
                    && lhs.address?.timestamp == rhs.address?.timestamp
            }
        }
        var expected: [String: Expected] = [:]
        var lines: [String] = []
        for index in 0..<8000 {
            let place = ["A", "AB", "Fé"][random(3)] + "/" + String(1 + random(1500))
            let (parameter, time) = (["Address", "Wanted"][random(2)], Int64(random(50)))
            let (farm, node) = (place.prefix { $0 != "/" }, place.drop { $0 != "/" }.dropFirst())
            lines.append("\(farm)/PoD_Masters/\(node)/\(parameter)/h\(index):1/\(time)")
            var master = expected[place] ?? Expected(address: nil, order: expected.count)
            if parameter == "Address", time > master.address?.timestamp ?? -1 {
                master.address = ("h\(index):1", time)
            }
            expected[place] = master
        }
        var answer = try self.answer(lines)
        var found: [String: Expected] = [:]
        for (order, master) in answer.takeMasters().enumerated() {
            let place = "\(answer.farm(of: master.first))/\(answer.node(of: master.first))"
            let address = master.address.map { (value: answer.value(of: $0), timestamp: $0.timestamp) }
            #expect(found.updateValue(Expected(address: address, order: order), forKey: place) == nil)
        }
        #expect(found == expected)
    }
}
