import Crypto
import LedgerCore
import Node
import Synchronization
import TestSupport

import struct LedgerCore.Digest

@testable import Vault

/// A ledger that is two rules: a block's time is beyond the one before; a transaction is accepted
/// within its window and once.
final class ModelLedger: Sendable {
    private struct State {
        var timeMs: UInt64 = 1_000
        var accepted: [Digest: Set<Identifier>] = [:]
    }
    private let state = Mutex(State())

    var timeMs: UInt64 { state.withLock { $0.timeMs } }

    func accepted(_ transaction: Digest) -> Set<Identifier> {
        state.withLock { $0.accepted[transaction] ?? [] }
    }

    /// Orders a block with one submission, or none; whether it was accepted.
    func order(_ submission: ModelSubmission?, afterMs: UInt64, refuses: Bool) -> Bool {
        state.withLock { state in
            state.timeMs += afterMs
            guard let submission, !refuses, state.timeMs <= submission.naming.endMs,
                state.accepted[submission.naming.transaction] == nil
            else { return false }
            state.accepted[submission.naming.transaction] = Set(
                submission.versions.map(\.locator))
            return true
        }
    }
}

/// A transaction of some sealed versions.
struct ModelSubmission {
    let naming: Naming
    let versions: [VersionToSeal]

    var named: [NamedVersion] {
        versions.map { NamedVersion(locator: $0.locator, naming: naming) }
    }
}

/// One vault, one ledger, one collector, and everything that may happen between them in any order.
struct OrphanModel {
    let folder: TestFolder
    private let root = SymmetricKey(size: .bits256)
    private let ledger = ModelLedger()
    private var random: SeededGenerator
    private(set) var vault: Vault
    private var collector: OrphanCollector
    /// Handed in and not decided; a copy may come again at any time, also after a decision.
    private var submitted: [ModelSubmission] = []
    private var accepted: [VersionToSeal] = []
    private var unaccepted: [VersionToSeal] = []
    private(set) var log: [String] = []

    init(_ random: SeededGenerator) throws {
        self.random = random
        folder = try TestFolder()
        vault = try OrphanModel.open(folder, root)
        collector = OrphanModel.collector(vault, ledger)
    }

    private static func open(_ folder: TestFolder, _ root: SymmetricKey) throws -> Vault {
        var configuration = VaultConfiguration(directory: folder.path)
        configuration.freeReserveBytes = 0
        let mac: @Sendable ([UInt8]) -> [UInt8] = {
            Array(HMAC<SHA256>.authenticationCode(for: $0, using: root))
        }
        return try Vault(
            configuration, storageRootKey: root,
            signer: CatalogueSigner(sign: mac, verify: { mac($0) == $1 }))
    }

    private static func collector(_ vault: Vault, _ ledger: ModelLedger) -> OrphanCollector {
        OrphanCollector(
            vault: vault, appliedMs: { ledger.timeMs }, accepted: { ledger.accepted($0) },
            hold: { nil })
    }

    /// Does one thing.
    mutating func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: try await seal()
        case 6..<12: order(again: false)
        case 12: order(again: true)
        case 13..<15:
            log.append("time")
            _ = ledger.order(nil, afterMs: .random(in: 1...400, using: &random), refuses: true)
        case 15..<18:
            log.append("collect")
            while try collector.round() {}
        case 18: try collectPartly()
        default: try crash()
        }
    }

    /// Seals the versions of one to three transactions together, and submits some of them.
    private mutating func seal() async throws {
        var submissions: [ModelSubmission] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            // Sometimes a window that has ended before anything is sealed.
            let naming = Naming(
                transaction: try digest(),
                endMs: ledger.timeMs - 50 + .random(in: 0...600, using: &random))
            let versions = try (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let isLarge = Int.random(in: 0..<60, using: &random) == 0
                return try version(size: isLarge ? 9 << 20 : 50, naming)
            }
            submissions.append(ModelSubmission(naming: naming, versions: versions))
        }
        let versions = submissions.flatMap(\.versions)
        if versions.count == 1, let naming = versions[0].naming {
            log.append("upload")
            try await upload(versions[0], naming)
        } else {
            log.append("seal \(versions.count)")
            _ = try await vault.put(versions)
        }
        unaccepted += versions
        // The rest is never submitted: its request was cut off.
        submitted += submissions.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
    }

    private mutating func digest() throws -> Digest { try required(Digest(random.bytes(32))) }

    private mutating func version(size: Int, _ naming: Naming) throws -> VersionToSeal {
        VersionToSeal(
            locator: Identifier(using: &random),
            compartment: try vault.keystore.compartment(patient: nil, sensitivityClass: 0),
            secret: try digest(), content: random.bytes(size), naming: naming)
    }

    private func upload(_ version: VersionToSeal, _ naming: Naming) async throws {
        let upload = try vault.beginUpload(
            locator: version.locator, compartment: version.compartment, secret: version.secret)
        try await upload.append(version.content)
        _ = try await upload.seal()
        try await upload.finish(naming: naming)
    }

    /// A block with one of the submissions, in any order, perhaps refused, perhaps once more.
    private mutating func order(again: Bool) {
        guard let number = submitted.indices.randomElement(using: &random) else { return }
        let submission = again ? submitted[number] : submitted.remove(at: number)
        let isAccepted = ledger.order(
            submission, afterMs: .random(in: 1...100, using: &random),
            refuses: Int.random(in: 0..<4, using: &random) == 0)
        log.append("order \(isAccepted ? "accepted" : "refused")")
        guard isAccepted else { return }
        let locators = Set(submission.versions.map(\.locator))
        accepted += submission.versions
        unaccepted.removeAll { locators.contains($0.locator) }
        // Otherwise a crash came before the block was published.
        if Bool.random(using: &random) { collector.note(submission.named) }
    }

    /// A collection that a crash cuts off after any of its steps.
    private mutating func collectPartly() throws {
        let ended = try vault.takeEnded(before: ledger.timeMs, limit: 100)
        let orphans = ended.filter {
            !ledger.accepted($0.naming.transaction).contains($0.locator)
        }
        if !orphans.isEmpty { try vault.forget(orphans) }
        for pack in try vault.doomed(limit: 100) {
            let steps = Int.random(in: 0...2, using: &random)
            if steps > 0 { try vault.strike(pack) }
            if steps > 1 { _ = vault.removeCopies(of: pack) }
        }
        log.append("collect partly")
        try crash()
    }

    private mutating func crash() throws {
        log.append("crash")
        vault.close()
        vault = try OrphanModel.open(folder, root)
        collector = OrphanModel.collector(vault, ledger)
    }

    /// Accepted versions that cannot be read.
    func problems() -> [String] {
        accepted.compactMap { version in
            do {
                let opened = try vault.open(
                    version.locator,
                    commitment: Commitment(content: version.content, secret: version.secret))
                return opened.content == version.content ? nil : "\(version.locator): other bytes"
            } catch {
                return "\(version.locator): \(error)"
            }
        }
    }

    /// Lets all windows end, collects, and tells what is left of what was never accepted.
    mutating func leftovers() throws -> [String] {
        _ = ledger.order(nil, afterMs: 10_000, refuses: true)
        while try collector.round() {}
        var left = try unaccepted.filter { try vault.keystore.slot($0.locator) != nil }
            .map { "keys of \($0.locator)" }
        left += try vault.doomed(limit: 10).map { "a note of \($0)" }
        vault.close()
        let inspector = try VaultInspector(
            VaultConfiguration(directory: folder.path), storageRootKey: root,
            verify: { _, _ in true })
        let findings = inspector.inspectCatalogue() + inspector.inspectFragments()
        left += findings.map(\.description)
        left += try inspector.unsettledVersions().map { "unsettled \($0.locator)" }
        let locators = Set(accepted.map(\.locator))
        var empty: Set<Identifier> = []
        _ = try inspector.walk.run(from: nil) { _, record in
            let holdsAny = record.pack.entries.contains { locators.contains($0.locator) }
            if record.isCollected {
                empty.remove(record.pack.pack)
            } else if !holdsAny {
                empty.insert(record.pack.pack)
            }
        }
        left += empty.map { "pack \($0)" }
        vault = try OrphanModel.open(folder, root)
        return left
    }
}
