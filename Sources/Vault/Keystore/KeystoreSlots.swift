import KeyValue
package import LedgerCore

extension Keystore {
    /// The keys of a version, and the compartment that it is sealed into.
    package struct OpenedSlot: Sendable {
        package let keys: VersionKeys
        package let compartment: Compartment
    }

    /// A version's keys on their way into the keystore, sealed.
    struct NewSlot: Sendable {
        let locator: Identifier
        let handle: Identifier
        /// The encoded slot.
        let row: [UInt8]
        let naming: Naming?

        /// What has to be settled about it; `nil` where no transaction will name it.
        var named: NamedVersion? { naming.map { NamedVersion(locator: locator, naming: $0) } }
    }

    /// Seals a version's keys into its compartment. Nothing is kept yet.
    ///
    /// Throws `refused` for a compartment that is not kept here.
    func seal(
        _ keys: VersionKeys, of locator: Identifier, into compartment: Compartment, naming: Naming?
    ) throws -> NewSlot {
        guard let keyring = try keyring(compartment.handle) else {
            throw VaultError.refused("compartment \(compartment.handle) is not kept here")
        }
        let slot = try Slot(keys, locator: locator, keyring: keyring)
        return NewSlot(
            locator: locator, handle: compartment.handle, row: try slot.encoded, naming: naming)
    }

    /// Keeps slots and what they are named by, all or none, durably.
    func put(_ slots: [NewSlot]) throws {
        // Row by row in the order of the keys: the store inserts neighbours faster.
        let slots = slots.sorted { $0.locator < $1.locator }
        var batch = WriteBatch()
        for new in slots { batch.put(Self.slotKey(new.locator), new.row) }
        for new in slots { batch.put(Self.memberKey(new.handle, new.locator), []) }
        let named = slots.compactMap(\.named)
        for version in named { batch.put(Self.namingKey(version), version.row) }
        revisit(named)
        try vaultErrors { try store.write(batch, durable: true) }
    }

    /// The slot of a version; `nil` where none is kept.
    package func slot(_ locator: Identifier) throws -> OpenedSlot? {
        guard let bytes = try vaultErrors({ try store.get(Self.slotKey(locator)) }) else {
            return nil
        }
        guard let slot = Slot(bytes), let keyring = try keyring(slot.handle),
            let root = keyring.slotRoots[slot.epoch]
        else {
            throw VaultError.damaged(
                place: "slot of locator \(locator)", reason: "it names no known ring key")
        }
        return OpenedSlot(
            keys: try slot.open(locator, root: root), compartment: keyring.compartment)
    }

    /// Forgets the keys of versions, all or none; those that are not kept are fine. Without its
    /// slot a version cannot be opened again. The store's files may hold the sealed rows until it
    /// compacts them.
    package func delete(_ locators: [Identifier]) throws {
        var batch = WriteBatch()
        for locator in locators { try delete(locator, in: &batch) }
        try vaultErrors { try store.write(batch, durable: true) }
    }

    func delete(_ locator: Identifier, in batch: inout WriteBatch) throws {
        if let bytes = try vaultErrors({ try store.get(Self.slotKey(locator)) }),
            let slot = Slot(bytes)
        {
            batch.delete(Self.memberKey(slot.handle, locator))
        }
        batch.delete(Self.slotKey(locator))
    }

    /// Whether a slot is kept, without opening it.
    func keeps(_ locator: Identifier) throws -> Bool {
        try vaultErrors { try store.get(Self.slotKey(locator)) } != nil
    }

    /// Visits the locators whose slots a compartment holds, in order.
    package func locators(in handle: Identifier, _ visit: (Identifier) throws -> Void) throws {
        let prefix = [4] + handle.bytes
        try vaultErrors {
            try store.scan(prefix: prefix) { key, _ in
                if let locator = Identifier(key.dropFirst(prefix.count)) { try visit(locator) }
                return .continue
            }
        }
    }

    /// Seals a version's keys into another compartment instead of the one that holds them, in one
    /// durable step. Throws `unknown` where no slot is kept.
    ///
    /// MUST NOT run at the same time as another `move` or `delete` of the locator.
    package func move(_ locator: Identifier, to compartment: Compartment) throws {
        guard let old = try slot(locator) else { throw VaultError.unknown(locator: locator) }
        guard let keyring = try keyring(compartment.handle) else {
            throw VaultError.refused("compartment \(compartment.handle) is not kept here")
        }
        let slot = try Slot(old.keys, locator: locator, keyring: keyring)
        var batch = WriteBatch()
        batch.delete(Self.memberKey(old.compartment.handle, locator))
        batch.put(Self.memberKey(compartment.handle, locator), [])
        batch.put(Self.slotKey(locator), try slot.encoded)
        try vaultErrors { try store.write(batch, durable: true) }
    }

    static func slotKey(_ locator: Identifier) -> [UInt8] { [3] + locator.bytes }

    static func memberKey(_ handle: Identifier, _ locator: Identifier) -> [UInt8] {
        [4] + handle.bytes + locator.bytes
    }
}
