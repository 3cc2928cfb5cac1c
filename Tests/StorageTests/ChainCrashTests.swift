import LedgerCore
import Storage
import TestSupport
import Testing

private let network = Digest.sha256(Array("test network".utf8))

/// Appends, syncs, full disks, crashes and reopenings at random, against a plain list of payloads.
private struct ChainRun {
    let disk = SimulatedDisk()
    var generator: SeededGenerator
    var log: ChainLog
    /// What was appended, and how much of it a sync has covered.
    var payloads: [[UInt8]] = []
    var durable = 0
    var crashes = 0
    var tornTails = 0

    init(_ generator: SeededGenerator) throws {
        self.generator = generator
        log = try ChainRun.open(disk, durable: 0)
    }

    static func open(_ disk: SimulatedDisk, durable: Int) throws -> ChainLog {
        try ChainLog.open(
            directory: "chain", network: network, channel: "main", disk: disk,
            knownDurable: durable == 0 ? nil : UInt64(durable - 1), verification: .everything,
            segmentBytes: 6_000)
    }

    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<11: try append()
        case 11..<16:
            try log.sync()
            durable = payloads.count
        case 16: try fill()
        default: try crash()
        }
    }

    mutating func append() throws {
        let limit = [40, 700, 3_000].randomElement(using: &generator) ?? 40
        var payload = generator.payload(upTo: limit)
        if Int.random(in: 0..<6, using: &generator) == 0 {
            payload = [UInt8](repeating: 0, count: payload.count)
        }
        let position = try log.append(height: UInt64(payloads.count), payload: payload)
        payloads.append(payload)
        #expect(try log.read(position).payload == payload)
    }

    mutating func fill() throws {
        disk.setCapacity(0)
        #expect(throws: ChainLogError.full(height: UInt64(payloads.count))) {
            try log.append(height: UInt64(payloads.count), payload: [1, 2, 3])
        }
        disk.setCapacity(.max)
    }

    mutating func crash() throws {
        crashes += 1
        disk.crash(seed: generator.next())
        log = try ChainRun.open(disk, durable: durable)
        if log.tornTailBytes > 0 { tornTails += 1 }
        let kept = log.last.map { Int($0) + 1 } ?? 0
        #expect(kept >= durable && kept <= payloads.count)
        payloads.removeLast(payloads.count - kept)
        durable = kept
        var index = 0
        if kept > 0 {
            try log.forEach(from: 0) { record in
                #expect(record.payload == payloads[index])
                index += 1
            }
        }
        #expect(index == kept)
        let findings = try ChainLog.inspect(directory: "chain", disk: disk) { _ in }
        #expect(findings == [])
    }
}

@Suite struct ChainCrashTests {
    @Test func noCrashLosesADurableRecordOrLeavesAHalfOne() async throws {
        var crashes = 0
        var tornTails = 0
        let cases = Soak.cases(usual: 150, long: 20_000)
        for await item in cases {
            var run = try ChainRun(item.random)
            do {
                for _ in 0..<80 { try run.step() }
            } catch {
                Issue.record("\(item): \(error)")
                return
            }
            crashes += run.crashes
            tornTails += run.tornTails
        }
        // The test would prove nothing if the disk were kind.
        #expect(crashes > cases.count * 3 || cases.areFew)
        #expect(tornTails > cases.count * 2 / 3 || cases.areFew)
    }
    /// A process was killed when a new segment was on the disk and its name was not.
    @Test func aStartMakesTheNewestSegmentsNameDurable() throws {
        let made = SimulatedDisk()
        var log = try ChainRun.open(made, durable: 0)
        for height in 0..<3 as Range<UInt64> {
            try log.append(height: height, payload: [UInt8](repeating: 7, count: 3_000))
        }
        let paths = try made.list("chain").map { "chain/" + $0 }
        try #require(paths.count == 2)
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedDisk()
            disk.setContent(paths[0], try #require(made.content(paths[0])))
            let header = try #require(made.content(paths[1]))[..<160]
            let file = try disk.open(paths[1], .create)
            try Array(header).withUnsafeBytes { try file.write(at: 0, $0) }
            try file.sync()
            log = try ChainRun.open(disk, durable: 0)
            let height = try #require(log.last) + 1
            try log.append(height: height, payload: [1])
            try log.sync()
            disk.crash(seed: seed)
            #expect(try ChainRun.open(disk, durable: 0).last == height, "seed \(seed)")
        }
    }
}
