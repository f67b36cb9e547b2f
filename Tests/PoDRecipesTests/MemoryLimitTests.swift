import PoDRecipes
import Testing

@Suite struct MemoryLimitTests {
    @Test(
        "the least counts, less a tenth",
        arguments: [
            (nil, [], nil), (1000, [], 900), (nil, [2000], 1800), (1000, [2000, 3000], 900),
            (5000, [2000, 3000], 1800),
            (0, [2000], 1800), (0, [0], nil), (UInt64.max, [], UInt64.max / 10 * 9), (2_000_000_005, [], 1_800_000_000),
        ] as [(UInt64?, [UInt64], UInt64?)])
    func daemon(job: UInt64?, cgroups: [UInt64], limit: UInt64?) {
        #expect(MemoryLimit.daemon(job: job, cgroups: cgroups) == limit)
    }

    @Test(
        "a limit's text, of version 2 and 1",
        arguments: [
            ("max\n", nil), ("2147483648\n", 2_147_483_648), ("2147483648", 2_147_483_648),
            ("9223372036854771712\n", nil), ("18446744073709551615\n", nil), ("18446744073709551616\n", nil), ("", nil),
            ("-1\n", nil), ("1 G\n", nil), ("0\n", 0),
        ] as [(String, UInt64?)])
    func bytes(text: String, bytes: UInt64?) {
        #expect(MemoryLimit.bytes(in: text) == bytes)
    }

    @Test(
        "the files that may hold a limit: the group's own and those of all above it",
        arguments: [
            (
                "0::/system.slice/job.scope\n",
                [
                    "/sys/fs/cgroup/system.slice/job.scope/memory.max", "/sys/fs/cgroup/system.slice/memory.max",
                    "/sys/fs/cgroup/memory.max",
                ]
            ),
            ("0::/\n", ["/sys/fs/cgroup/memory.max"]),
            (
                "12:pids:/a\n9:memory:/slurm/uid_1/job_2\n8:cpu,cpuacct:/\n",
                [
                    "/sys/fs/cgroup/memory/slurm/uid_1/job_2/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                ]
            ),
            (
                "4:hugetlb,memory:/htcondor:slot1\n1:name=systemd:/\n",
                [
                    "/sys/fs/cgroup/memory/htcondor:slot1/memory.limit_in_bytes",
                    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                ]
            ),
            ("0::/../../other\n", []), ("", []), ("garbage", []), ("0::relative", []),
        ])
    func files(text: String, files: [String]) {
        #expect(MemoryLimit.cgroupFiles(of: text) == files)
    }
}
