package metatest

import (
	"testing"

	"github.com/berth-registry/berth/internal/meta"
)

// Run tests that the databases returned by open keep the promises of package
// meta. Each call of open returns an empty database; open arranges for its end
// itself.
func Run(t *testing.T, open func(t *testing.T) *meta.DB) {
	t.Helper()
	tests := []struct {
		name string
		test func(s *suite)
	}{
		{"Owners", testOwners},
		{"Users", testUsers},
		{"Organizations", testOrganizations},
		{"Accounts", testAccounts},
		{"Admins", testAdmins},
		{"PeopleLists", testPeopleLists},
		{"OrgSettings", testOrgSettings},
		{"Members", testMembers},
		{"Teams", testTeamChanges},
		{"HeldNames", testHeldNames},
		{"Tokens", testTokens},
		{"TokenLimits", testTokenLimits},
		{"RevokeToken", testRevokeToken},
		{"ListTokens", testListTokens},
		{"Events", testEvents},
		{"Purge", testPurge},
		{"Roles", testRoles},
		{"SecondFactors", testSecondFactors},
		{"RecoveryCodes", testRecoveryCodes},
		{"FirstAdmin", testFirstAdmin},
		{"Sessions", testSessions},
		{"Invitations", testInvitations},
		{"SignInRaces", testSignInRaces},
		{"Identities", testIdentities},
		{"Settings", testSettings},
		{"UsedBytes", testUsedBytes},
		{"UsageRaces", testUsageRaces},
		{"Quotas", testQuotas},
		{"Figures", testFigures},
		{"SigningKeys", testSigningKeys},
		{"ReadmePages", testReadmePages},
		{"Packages", testPackages},
		{"EmptyPackages", testEmptyPackages},
		{"Standing", testStanding},
		{"StandingOfUnknown", testStandingOfUnknown},
		{"ListPackages", testListPackages},
		{"ListPackagesPaging", testListPackagesPaging},
		{"Resolve", testResolve},
		{"Aliases", testAliases},
		{"MovePackage", testMovePackage},
		{"CutPackage", testCutPackage},
		{"DropProbe", testDropProbe},
		{"MoveTokenLimits", testMoveTokenLimits},
		{"RenameOwner", testRenameOwner},
		{"OwnerAliases", testOwnerAliases},
		{"Blobs", testBlobs},
		{"BlobConstraints", testBlobConstraints},
		{"BlobHomes", testBlobHomes},
		{"DoomedKeys", testDoomedKeys},
		{"Manifests", testManifests},
		{"ManifestReferences", testManifestReferences},
		{"Bodies", testBodies},
		{"Referrers", testReferrers},
		{"Tags", testTags},
		{"TagOrder", testTagOrder},
		{"TagFolding", testTagFolding},
		{"References", testReferences},
		{"ReferencesInTrash", testReferencesInTrash},
		{"ManyReferences", testManyReferences},
		{"StaysWithout", testStaysWithout},
		{"BlobSizes", testBlobSizes},
		{"Uploads", testUploads},
		{"UploadSteps", testUploadSteps},
		{"StaleUploads", testStaleUploads},
		{"Clock", testClock},
		{"ViewIsASnapshot", testSnapshot},
		{"ViewRefusesWrites", testReadOnly},
		{"RollBack", testRollBack},
		{"Cancelled", testCancelled},
		{"SameBlob", testSameBlob},
		{"SamePush", testSamePush},
		{"DeleteBesidePut", testDeleteBesidePut},
		{"DropBesideTag", testDropBesideTag},
		{"UploadsEnd", testUploadsEnd},
		{"LastOwner", testLastOwner},
		{"PackageEvents", testPackageEvents},
		{"EventFacts", testEventFacts},
		{"Hooks", testHooks},
		{"HooksEnd", testHooksEnd},
		{"Deliveries", testDeliveries},
		{"DueDeliveries", testDueDeliveries},
		{"OldDeliveries", testOldDeliveries},
		{"Holders", testHolders},
		{"RestoreTag", testRestoreTag},
		{"Trash", testTrash},
		{"Pushes", testPushes},
		{"TagRules", testTagRules},
		{"ProtectedTags", testProtectedTags},
		{"Retention", testRetention},
		{"OldVersions", testOldVersions},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(&suite{t, open(t)})
		})
	}
}
