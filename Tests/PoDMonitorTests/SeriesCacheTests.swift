import PoDMonitor
import Testing

@Suite struct SeriesCacheTests {
    private static let everything = SeriesPattern(farm: .any, cluster: .any, node: .any, parameter: .any)

    private func sample(_ node: String, _ value: SeriesValue, time: Int64, cluster: String = "C") throws -> SeriesSample
    {
        let key = try #require(SeriesKey(farm: "F", cluster: cluster, node: node, parameter: "P"))
        return SeriesSample(key: key, value: value, time: time)
    }

    // An expectation can't call what changes its operand.
    private func store(_ sample: SeriesSample, now: Int64, in cache: inout SeriesCache) -> SeriesCache.Outcome {
        cache.store(sample, now: now)
    }

    @Test("a newer value replaces an older one, an older one does not, and of equals the later arrival stays")
    func lastWriter() throws {
        var cache = SeriesCache()
        let values: [(SeriesValue, Int64, SeriesCache.Outcome)] = [
            (.number(1), 1000, .stored), (.number(2), 999, .older), (.number(3), 1000, .stored),
            (.string("x"), 1001, .stored),
        ]
        for (value, time, outcome) in values {
            #expect(try self.store(self.sample("n", value, time: time), now: 2000, in: &cache) == outcome)
        }
        #expect(cache.samples(matching: Self.everything, now: 2000) == [try self.sample("n", .string("x"), time: 1001)])
        #expect(cache.seriesCount == 1)
    }

    @Test("after the clock was set back, what comes in counts again")
    func clockSetBack() throws {
        var cache = SeriesCache()
        #expect(try self.store(self.sample("n", .number(1), time: 9000), now: 9000, in: &cache) == .stored)
        #expect(try self.store(self.sample("n", .number(2), time: 5000), now: 5000, in: &cache) == .stored)
    }

    @Test("names that are empty or too long make no series")
    func names() {
        for names in [["", "C", "N", "P"], ["F", "", "N", "P"], ["F", "C", "", "P"], ["F", "C", "N", ""]] {
            #expect(SeriesKey(farm: names[0], cluster: names[1], node: names[2], parameter: names[3]) == nil)
        }
        let longest = String(repeating: "n", count: SeriesKey.longestName)
        #expect(SeriesKey(farm: "F", cluster: "C", node: longest, parameter: "P") != nil)
        #expect(SeriesKey(farm: "F", cluster: "C", node: longest + "n", parameter: "P") == nil)
    }

    @Test("names equal to Unicode but not byte by byte are two")
    func bytes() throws {
        var cache = SeriesCache()
        _ = cache.store(try self.sample("\u{E9}", .number(1), time: 1, cluster: "\u{E9}"), now: 1)
        _ = cache.store(try self.sample("e\u{301}", .number(2), time: 1, cluster: "e\u{301}"), now: 1)
        #expect(cache.seriesCount == 2)
        let pattern = SeriesPattern(farm: .any, cluster: NamePattern("e\u{301}"), node: .any, parameter: .any)
        #expect(cache.samples(matching: pattern, now: 1).map(\.value) == [.number(2)])
    }

    @Test("values are kept for the retention and no longer")
    func retention() throws {
        var cache = SeriesCache(limits: SeriesCache.Limits(retention: 1000))
        _ = cache.store(try self.sample("n", .number(1), time: 5000), now: 5000)
        #expect(cache.samples(matching: Self.everything, now: 6000).count == 1)
        #expect(cache.samples(matching: Self.everything, now: 6001).isEmpty)
        cache.removeExpired(now: 6001)
        #expect(cache.seriesCount == 0)
        #expect(cache.byteCount == 0)
    }

    @Test("a value stamped years ahead leaves after the retention too")
    func future() throws {
        var cache = SeriesCache(limits: SeriesCache.Limits(retention: 1000))
        _ = cache.store(try self.sample("n", .number(1), time: 9_000_000_000), now: 5000)
        #expect(cache.samples(matching: Self.everything, now: 6000).count == 1)
        #expect(cache.samples(matching: Self.everything, now: 6001).isEmpty)
        #expect(try self.store(self.sample("m", .number(1), time: 7000), now: 7000, in: &cache) == .stored)
        #expect(cache.seriesCount == 1)
    }

    @Test("a full cache refuses new series but updates known ones, and has room again when values have gone")
    func seriesLimit() throws {
        var cache = SeriesCache(limits: SeriesCache.Limits(retention: 1000, seriesCount: 2))
        #expect(try self.store(self.sample("a", .number(1), time: 1), now: 1, in: &cache) == .stored)
        #expect(try self.store(self.sample("b", .number(1), time: 1), now: 1, in: &cache) == .stored)
        #expect(try self.store(self.sample("c", .number(1), time: 1), now: 1, in: &cache) == .full)
        #expect(try self.store(self.sample("a", .number(2), time: 900), now: 900, in: &cache) == .stored)
        #expect(try self.store(self.sample("c", .number(1), time: 1100), now: 1100, in: &cache) == .stored)
    }

    @Test("texts count towards a limit of bytes")
    func byteLimit() throws {
        // A key takes four bytes here.
        var cache = SeriesCache(limits: SeriesCache.Limits(byteCount: 20))
        #expect(try self.store(self.sample("a", .string("0123456789"), time: 1), now: 1, in: &cache) == .stored)
        #expect(try self.store(self.sample("b", .string("012"), time: 1), now: 1, in: &cache) == .full)
        #expect(try self.store(self.sample("b", .string("01"), time: 1), now: 1, in: &cache) == .stored)
        #expect(cache.byteCount == 20)
        #expect(try self.store(self.sample("a", .string("01234567890"), time: 2), now: 2, in: &cache) == .full)
        #expect(try self.store(self.sample("a", .number(1), time: 2), now: 2, in: &cache) == .stored)
        #expect(cache.byteCount == 10)
    }

    @Test("a search ends at its limit")
    func searchLimit() throws {
        var cache = SeriesCache()
        for node in 0..<10 {
            _ = cache.store(try self.sample("\(node)", .number(1), time: 1, cluster: "C\(node % 3)"), now: 1)
        }
        #expect(cache.samples(matching: Self.everything, now: 1, limit: 7).count == 7)
        #expect(cache.samples(matching: Self.everything, now: 1).count == 10)
    }
}

@Suite struct TimeWindowTests {
    @Test(
        "both ends are offsets from now, and belong to it",
        arguments: [
            (-60, -1, 940, true), (-60, -1, 939, false), (-60, -1, 999, true), (-60, -1, 1000, false),
            (-60, 0, 1000, true),
            (0, 5, 1005, true), (-1, -60, 970, false), (-5000, -1, 0, false), (-5000, -1, -3, false),
            (-5000, -1, 1, true),
            (.min, .max, 1, true), (.min, .min, 1, false), (.max, .max, 1, false),
        ] as [(Int64, Int64, Int64, Bool)])
    func contains(_ from: Int64, _ to: Int64, _ time: Int64, _ isInside: Bool) throws {
        #expect(try #require(TimeWindow(from: from, to: to)).contains(time, now: 1000) == isInside)
    }

    @Test("0 and -1 at both ends mean any time")
    func open() {
        for (from, to) in [(0, 0), (-1, 0), (0, -1), (-1, -1)] as [(Int64, Int64)] {
            #expect(TimeWindow(from: from, to: to) == nil)
        }
        #expect(TimeWindow(from: -2, to: -1) != nil)
    }
}
