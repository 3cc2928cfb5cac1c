import Contracts
import LedgerCore
import Storage
import TestSupport

@testable import Node

/// What goes wrong with the machines.
extension Run {
    mutating func armPower() {
        let calls = Int.random(in: 0..<10, using: &random)
        trace("the machine stops after \(calls) calls")
        leader.power.fail(afterCalls: calls, lastCallHappens: chance(2))
    }

    mutating func setCapacity() {
        let isFull = chance(3)
        trace(isFull ? "the disk is nearly full" : "the disk has room")
        faults.full += isFull ? 1 : 0
        leader.disk.setCapacity(
            isFull
                ? leader.disk.usedBytes + UInt64.random(in: 0..<1_500, using: &random) : .max)
    }

    mutating func flush() throws {
        trace("flush")
        try leader.store.flush()
    }

    /// After an error of disk or store the engine halts, and the node is started again.
    mutating func recover(from error: any Error) async throws {
        trace("\(error)")
        try await restart(losingPower: chance(2))
    }

    /// The ordering node ends and starts, and may end again while it starts.
    ///
    /// - Parameter losingPower: whether what was not synced is lost; else only the process ended.
    mutating func restart(losingPower: Bool) async throws {
        var losingPower = losingPower
        faults.crashes += 1
        client.losesConnection()
        arrived = []
        unpublished = []
        for round in 0... {
            trace(losingPower ? "power is gone" : "the process ends")
            leader.crash(losingPower: losingPower, using: &random)
            if chance(6) { try await flipABit() }
            if round < 3, chance(6) {
                leader.power.fail(
                    afterCalls: Int.random(in: 0..<6, using: &random), lastCallHappens: chance(2))
            }
            do {
                try leader.start(chance(2) ? .everything : .newestSegment)
                break
            } catch {
                try expectsFailure(of: leader, error)
                losingPower = chance(2)
                if round > 1 {
                    leader.disk.setCapacity(.max)
                    leader.disk.failSyncs(0)
                }
            }
        }
        leader.power.turnOn()
        if (leader.running?.chain.tornTailBytes ?? 0) > 0 { faults.tornTails += 1 }
        queue = Run.queue(after: leader.running?.tip)
        trace("started at block \(leader.running?.tip.height ?? 0)")
        if let height = leader.running?.tip.height { try takeIntoReplica(upTo: height) }
        try check(everything: true)
    }

    mutating func restartFollower(losingPower: Bool) async throws {
        for _ in 0..<4 {
            follower?.crash(losingPower: losingPower, using: &random)
            do {
                try follower?.start(.newestSegment)
                break
            } catch {
                guard let follower else { return }
                try expectsFailure(of: follower, error)
            }
        }
        guard let tip = follower?.running?.tip, let leading = replica.tip else { return }
        // It has what the other node has sent, and that node sends what is durable.
        guard tip.height <= leading.height, replica.hashes[Int(tip.height)] == tip.hash else {
            throw Violation("after its start a follower has another block \(tip.height)")
        }
    }

    /// A node may refuse to start without power, without space and after a failed sync. On a sound
    /// disk it must start.
    private func expectsFailure(of machine: Machine, _ error: any Error) throws {
        trace("start fails: \(error)")
        if let error = error as? Violation { throw error }
        if !machine.power.isOn { return }
        switch error {
        case let error as DiskError where error.code == .full || error.code == .failed(5): return
        case ChainLogError.full: return
        default: throw Violation("a node does not start on a sound disk: \(error)")
        }
    }

    // MARK: Rot

    /// Flips one durable bit of the chain: the start must say so and change nothing, or whoever
    /// looks must find it. Then the bit is turned back.
    private mutating func flipABit() async throws {
        let disk = leader.disk
        let names = try disk.list(Machine.chainFolder)
        guard let name = names.randomElement(using: &random) else { return }
        let path = "\(Machine.chainFolder)/\(name)"
        guard let before = disk.content(path), !before.isEmpty else { return }
        let offset = Int.random(in: 0..<before.count, using: &random)
        let bit = Int.random(in: 0..<8, using: &random)
        trace("bit \(bit) of byte \(offset) in \(name) flips")
        faults.flips += 1
        disk.flipBit(path, offset: offset, bit: bit)
        let rotten = disk.content(path)
        do {
            try leader.start(.newestSegment)
            let findings = try ChainLog.inspect(
                directory: Machine.chainFolder, network: world.genesis.digest,
                channel: World.channel, disk: disk
            ) { _ in }
            // What a crash had left there anyway may be cut off together with the bit.
            if isThere(rotten, upTo: offset, path), findings.allSatisfy(\.isHarmless) {
                throw Violation("a flipped bit is not found")
            }
        } catch let violation as Violation {
            throw violation
        } catch is DiskError {
            // The disk refuses to sync as well,
        } catch ChainLogError.full {
            // or is full.
        } catch {
            trace("found: \(error)")
            guard disk.content(path) == rotten else {
                throw Violation("a start that found damage changed the chain")
            }
        }
        if isThere(rotten, upTo: offset, path) { disk.flipBit(path, offset: offset, bit: bit) }
        leader.crash(losingPower: false, using: &random)
    }

    private func isThere(_ bytes: [UInt8]?, upTo offset: Int, _ path: String) -> Bool {
        guard let bytes, let now = leader.disk.content(path), now.count > offset else {
            return false
        }
        return now[...offset] == bytes[...offset]
    }
}
