import Crypto
package import LedgerCore
import Synchronization

/// A large version on its way in, in constant memory: a pack is cut whenever 8 MiB have come and
/// more follows.
///
/// Contract:
/// - Calls MUST come one after the other; overlapping ones throw `refused`.
/// - `seal` ends the content, `finish` follows it.
/// - Nothing is readable, and nothing is in the catalogue, before `finish` returns; a crash before
///   leaves orphan fragments.
/// - After any call threw, and after `finish` or `abandon`, only `abandon` has an effect. An upload
///   that is dropped without either leaves orphan fragments until the next open, and keeps its
///   locator reserved.
package final class Upload: Sendable {
    private enum Phase: Sendable {
        case idle(State)
        case busy
        case ended
    }

    /// Only one call at a time holds it, and alone: a second reference would copy the buffer.
    private struct State: Sendable {
        /// The chunk that comes next, sealed once it is known whether more follows.
        var pending: [UInt8] = []
        var builder: PackBuilder?
        /// Held while the pack under way has more than one chunk.
        var place: PackRoom.Place?
        var hasher: ContentHasher
        var sizeBytes = 0
        var segment: UInt32 = 0
        var stored: [PackRecord] = []
        var isSealed = false
    }

    private let vault: Vault
    private let locator: Identifier
    private let compartment: Compartment
    private let keys: VersionKeys
    private let phase: Mutex<Phase>

    init(_ vault: Vault, locator: Identifier, compartment: Compartment, secret: Digest) {
        self.vault = vault
        self.locator = locator
        self.compartment = compartment
        keys = VersionKeys(secret: secret)
        phase = Mutex(.idle(State(hasher: ContentHasher(secret: secret))))
    }

    /// Takes the next bytes of the content.
    package func append(_ bytes: [UInt8]) async throws {
        try await step { state in
            guard !state.isSealed else { throw VaultError.refused("the content has ended") }
            state.hasher.update(bytes)
            state.sizeBytes += bytes.count
            var rest = bytes[...]
            while !rest.isEmpty {
                if state.pending.count == Limits.chunkBytes {
                    try await self.sealChunk(&state, isFinal: false)
                }
                let part = rest.prefix(Limits.chunkBytes - state.pending.count)
                state.pending.append(contentsOf: part)
                rest = rest.dropFirst(part.count)
            }
        }
    }

    /// Seals the rest; what the content is committed to is known from here on.
    package func seal(sidecar: [UInt8] = []) async throws -> SealedVersion {
        guard sidecar.count <= Limits.sidecarBytes else {
            throw VaultError.refused("a sidecar beyond \(Limits.sidecarBytes) bytes")
        }
        var sealed: SealedVersion?
        try await step { state in
            guard !state.isSealed else { throw VaultError.refused("the content has ended") }
            try await self.sealChunk(&state, isFinal: true)
            try await self.storeSegment(&state, last: sidecar)
            state.isSealed = true
            sealed = state.hasher.finish().map {
                SealedVersion(
                    locator: self.locator, paddedSizeBytes: Padme.padded(state.sizeBytes),
                    commitment: $0)
            }
        }
        guard let sealed else { throw VaultError.refused("the upload has ended") }
        return sealed
    }

    /// Makes the sealed version durable. `naming`: the transaction that decides whether it stays;
    /// `nil` where it stays whatever happens.
    package func finish(naming: Naming? = nil) async throws {
        let slot = try vault.keystore.seal(keys, of: locator, into: compartment, naming: naming)
        try await step(ending: slot) { state in
            guard state.isSealed else { throw VaultError.refused("the content has not ended") }
            try await BlockingPool.run { [keystore = self.vault.keystore] in
                try keystore.put([slot])
            }
            try await self.vault.record(state.stored)
        }
    }

    /// Gives the upload up and removes what it stored. Does nothing after `finish`.
    package func abandon() async {
        guard let state = take(leaving: .ended) else { return }
        await vault.undo(state.stored, slots: [])
        vault.release([locator])
    }

    /// Takes the state out, if no other call holds it.
    private func take(leaving next: Phase) -> State? {
        phase.withLock { phase in
            guard case .idle(let state) = phase else { return nil }
            phase = next
            return state
        }
    }

    /// Runs one call with the state to itself; a failure ends the upload and cleans up. With
    /// `slot` the call ends the upload anyhow.
    private func step(
        ending slot: Keystore.NewSlot? = nil, _ body: (inout State) async throws -> Void
    ) async throws {
        guard var state = take(leaving: .busy) else {
            throw VaultError.refused("the upload has ended, or another call is under way")
        }
        do {
            try await body(&state)
            phase.withLock { $0 = slot == nil ? .idle(state) : .ended }
            if slot != nil { vault.release([locator]) }
        } catch {
            phase.withLock { $0 = .ended }
            await vault.undo(state.stored, slots: slot.map { [$0] } ?? [])
            vault.release([locator])
            throw error
        }
    }

    /// Seals the pending chunk into the pack under way; a full pack is stored first.
    private func sealChunk(_ state: inout State, isFinal: Bool) async throws {
        if state.builder?.openSegmentSize == Limits.packPlaintextBytes {
            try await storeSegment(&state)
        }
        if state.builder == nil {
            var builder = PackBuilder(capacity: state.pending.count)
            builder.beginSegment(state.segment, of: locator, dataKey: keys.dataKey)
            state.builder = builder
        }
        if state.place == nil, let size = state.builder?.openSegmentSize, size > 0 {
            state.place = try await vault.growing.enter()
            state.builder?.reserveCapacity(Limits.packPlaintextBytes)
        }
        try state.builder?.addChunk(state.pending[...], isFinal: isFinal)
        state.pending.removeAll(keepingCapacity: true)
    }

    /// Stores the pack under way; the last one also holds the sidecar.
    private func storeSegment(_ state: inout State, last sidecar: [UInt8]? = nil) async throws {
        try vault.checkFreeSpace()
        guard var builder = state.builder.take() else { return }
        builder.endSegment()
        if let sidecar {
            try builder.addSidecar(sidecar, locator: locator, dataKey: keys.dataKey)
        }
        let pack = try builder.finish(vault.keys)
        // A place by size: small files do not wait for large ones, nor count as them.
        let isLarge = pack.bytes.count > 4 * Limits.chunkBytes
        let storing = isLarge ? try await vault.storing.enter() : nil
        defer { withExtendedLifetime(storing) { state.place = nil } }
        state.stored.append(try await vault.spread(pack))
        state.segment += 1
        await vault.keepCopies([pack])
    }
}

extension Vault {
    /// Starts an upload. Throws `refused` where the locator is taken.
    package func beginUpload(
        locator: Identifier, compartment: Compartment, secret: LedgerCore.Digest
    )
        throws -> Upload
    {
        try reserve([locator])
        return Upload(self, locator: locator, compartment: compartment, secret: secret)
    }
}

/// The commitment over content that passes by: HMAC-SHA-256 as `Commitment.Hasher`, copyable, so
/// that it can rest between calls.
struct ContentHasher: Sendable {
    private var hmac: HMAC<SHA256>

    init(secret: Digest) {
        hmac = HMAC(key: SymmetricKey(data: secret.bytes))
        hmac.update(data: Domain.commitment.prefix)
    }

    mutating func update(_ bytes: [UInt8]) { hmac.update(data: bytes) }

    func finish() -> Commitment? {
        hmac.finalize().withUnsafeBytes { Digest($0) }.map { Commitment(value: $0) }
    }
}
