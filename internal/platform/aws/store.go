package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// The secret stores of AWS. Their texts are also the names of the nested attributes that choose one.
const (
	StoreSecretsManager = "aws_secrets_manager"
	StoreParameter      = "aws_ssm_parameter"
)

// StoreSpec is where and how a store of AWS keeps a secret.
type StoreSpec struct {
	Name string
	platform.StoreSettings
	// RecoveryWindowDays is how long a secret of Secrets Manager can be restored once it is deleted; 0 deletes at once.
	RecoveryWindowDays int32
	// AssumeRoleARN is a role to take for the store, such as one in another account; empty for none.
	AssumeRoleARN string
}

// vault is what the stores have in common: where the secret is.
type vault struct {
	account *Account
	spec    StoreSpec
	// kind is one of the constants above, noun what the store calls what it keeps.
	kind, noun               string
	partition, owner, region string
}

// maxReference keeps a reference short enough for a tag that says more besides.
const maxReference = 150

// Reference is kind, account, region and name; the digest of the name where that would be too long for a tag.
func (v vault) Reference() string {
	where := strings.Join([]string{v.kind, v.owner, v.region}, ":") + ":"
	if reference := where + v.spec.Name; tagLength(encodeTag(reference)) <= maxReference {
		return reference
	}
	sum := sha256.Sum256([]byte(v.spec.Name))
	return where + "sha256:" + hex.EncodeToString(sum[:])
}

// Object names the secret in messages.
func (v vault) Object() string {
	return fmt.Sprintf("the %s %s in %s of account %s", v.noun, v.spec.Name, v.region, v.owner)
}

// openVault finds out where a secret is, and connects.
func (a *Account) openVault(ctx context.Context, kind, noun string, spec StoreSpec) (vault, awssdk.Config, error) {
	v := vault{account: a, spec: spec, kind: kind, noun: noun}
	me, err := a.whoami(ctx)
	if err != nil {
		return v, awssdk.Config{}, err
	}
	config, err := a.storeConfig(ctx, spec.AssumeRoleARN)
	if err != nil {
		return v, awssdk.Config{}, err
	}
	v.partition, v.owner, v.region = me.partition, me.account, config.Region
	if role, err := arn.Parse(spec.AssumeRoleARN); err == nil {
		v.owner = role.AccountID
	}
	return v, config, nil
}

// storeConfig is the account's own configuration, or one with the credentials of a role that is taken first.
func (a *Account) storeConfig(ctx context.Context, role string) (awssdk.Config, error) {
	connection, err := a.connect(ctx)
	if err != nil || role == "" {
		return connection.sdk, err
	}
	value, _ := a.stores.LoadOrStore(role, &platform.Memo[awssdk.Config]{})
	return value.(*platform.Memo[awssdk.Config]).Get(ctx, func() (awssdk.Config, error) { //nolint:forcetypeassert // only memos are stored
		config := connection.sdk.Copy()
		client := sts.NewFromConfig(config, func(o *sts.Options) { o.BaseEndpoint = a.endpoint("sts", o.BaseEndpoint) })
		config.Credentials = awssdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role))
		_, err := config.Credentials.Retrieve(ctx)
		return config, mapError("sts:AssumeRole", err)
	})
}

// storeRole is a kind of store and the role that is assumed for it; empty for none.
type storeRole struct{ kind, role string }

// storeClient is the client of a kind of store, one for all its secrets: what it has learned of the service's limits holds for all.
func storeClient[T any](v vault, connect func() *T) *T {
	key := storeRole{v.kind, v.spec.AssumeRoleARN}
	client, ok := v.account.storeClients.Load(key)
	if !ok {
		client, _ = v.account.storeClients.LoadOrStore(key, connect())
	}
	return client.(*T) //nolint:forcetypeassert // a kind has clients of one type
}

// Secret is a secret of Secrets Manager that keeps a credential.
func (a *Account) Secret(ctx context.Context, spec StoreSpec) (*Secret, error) {
	v, config, err := a.openVault(ctx, StoreSecretsManager, "secret", spec)
	if err != nil {
		return nil, err
	}
	client := storeClient(v, func() *secretsManagerClient {
		return newSecretsManagerClient(secretsmanager.NewFromConfig(config, func(o *secretsmanager.Options) { o.BaseEndpoint = a.endpoint("secretsmanager", o.BaseEndpoint) }))
	})
	return &Secret{vault: v, client: client}, nil
}

// Parameter is a parameter of Systems Manager's Parameter Store that keeps a credential.
func (a *Account) Parameter(ctx context.Context, spec StoreSpec) (*Parameter, error) {
	v, config, err := a.openVault(ctx, StoreParameter, "parameter", spec)
	if err != nil {
		return nil, err
	}
	client := storeClient(v, func() *parameterClient {
		return newParameterClient(ssm.NewFromConfig(config, func(o *ssm.Options) { o.BaseEndpoint = a.endpoint("ssm", o.BaseEndpoint) }))
	})
	return &Parameter{vault: v, client: client}, nil
}

// tags are what a stored secret carries, mark included.
func (v vault) tags(marks platform.Marks) map[string]string {
	keys := v.account.tagging.keys
	tags := map[string]string{keys.ManagedByKey(): governance.ManagedBy}
	for field, value := range marks {
		if value != "" {
			tags[keys.Key(field)] = encodeTag(value)
		}
	}
	return tags
}

// read takes the marks out of tags.
func (v vault) read(stored *platform.Stored, tags map[string]string) {
	stored.Marks = platform.Marks{}
	for key, value := range tags {
		field, known := v.account.tagging.keys.Field(key)
		switch {
		case known && field.IsManagedBy():
			stored.ManagedBy = value
		case field == governance.FieldExpiry, slices.Contains(governance.CredentialFields, field):
			stored.Marks[field] = decodeTag(value)
		}
	}
}

// changes are the tags to write and the keys to remove. Tags of others stay.
func (v vault) changes(have map[string]string, marks platform.Marks) (set map[string]string, remove []string) {
	want := v.tags(marks)
	set = map[string]string{}
	for key, value := range want {
		if current, ok := have[key]; !ok || current != value {
			set[key] = value
		}
	}
	for key := range have {
		_, wanted := want[key]
		if field, ours := v.account.tagging.keys.Field(key); !wanted && ours && slices.Contains(governance.CredentialFields, field) {
			remove = append(remove, key)
		}
	}
	return set, remove
}

// taken is the error for a name that something else has.
func (v vault) taken(cause error) error {
	return &platform.ErrAlreadyExists{Object: strings.ToUpper(v.Object()[:1]) + v.Object()[1:] + ", which is not from this resource,", Err: cause}
}

// untilSeen repeats a call on what has just been made while the store does not know it everywhere.
func (v vault) untilSeen(ctx context.Context, operation string, call func() error) error {
	for pause := propagationFirst; ; pause *= 2 {
		err := mapError(operation, call())
		if !errors.Is(err, platform.ErrNotFound) || pause > propagationLongest {
			return err
		}
		if err := v.account.wait(ctx, pause); err != nil {
			return err
		}
	}
}

// await reads until the current value is that of a credential, or it has been tried for long enough.
func (v vault) await(ctx context.Context, id string, describe func(context.Context) (platform.Stored, error)) (platform.Stored, error) {
	for pause := propagationFirst; ; pause *= 2 {
		stored, err := describe(ctx)
		if err != nil || stored.Current == id || pause > propagationLongest {
			return stored, err
		}
		if err := v.account.wait(ctx, pause); err != nil {
			return stored, err
		}
	}
}

// SameKey compares a KMS key as it was written (an id, an alias or an ARN) with one as a store shows it. None is the
// store's own.
func SameKey(written, shown string) bool {
	written, shown = otherKey(written), otherKey(shown)
	return written == shown || (written != "" && (strings.HasSuffix(shown, ":"+written) || strings.HasSuffix(shown, ":key/"+written)))
}

// otherKey is a key that is not a store's own; empty for one that is.
func otherKey(key string) string {
	for _, own := range []string{defaultSecretKey, defaultParameterKey} {
		if key == own || strings.HasSuffix(key, ":"+own) {
			return ""
		}
	}
	return key
}

// SamePolicy tells whether two resource policies say the same.
func SamePolicy(written, shown string) bool {
	return written == shown || (written != "" && iampolicy.Equivalent(written, shown))
}

var (
	secretNamePattern    = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]+$`)
	secretSuffixPattern  = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
	parameterNamePattern = regexp.MustCompile(`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`)
)

// Limits of the stores, from the API references (CreateSecret, PutResourcePolicy, DeleteSecret, PutParameter).
const (
	maxSecretName     = 512
	maxSecretPolicy   = 20480
	minRecoveryDays   = 7
	maxRecoveryDays   = 30
	maxParameterName  = 1011
	maxParameterParts = 15
)

// ValidateStore finds what a store would refuse, without asking it. Attributes are relative to the resource, and those
// of the marks are their fields.
func ValidateStore(kind string, spec StoreSpec, marks platform.Marks) []governance.Violation {
	found := violations{}
	for _, field := range slices.Sorted(maps.Keys(marks)) {
		if length := tagLength(encodeTag(marks[field])); length > maxTagValueLength {
			found.add([]string{string(field)}, "Shorten it, and keep the full story in a ticket.",
				"%s takes %d characters in the tag of the stored secret, in which some characters take three or more; that is %d more than the limit of %d", field, length, length-maxTagValueLength, maxTagValueLength)
		}
	}
	in := func(attribute string) []string { return []string{"store", kind, attribute} }
	if kind == StoreSecretsManager {
		found.secretName(in("name"), spec.Name)
		if days := spec.RecoveryWindowDays; days != 0 && (days < minRecoveryDays || days > maxRecoveryDays) {
			found.add(in("recovery_window_days"), "Write 0 to delete at once, or 7 to 30.", "recovery_window_days is %d; Secrets Manager takes %d to %d days, or 0", days, minRecoveryDays, maxRecoveryDays)
		}
		if size := len(spec.ResourcePolicy); size > maxSecretPolicy {
			found.add(in("resource_policy"), "Shorten it.", "the resource policy has %d characters, %d more than Secrets Manager's limit of %d", size, size-maxSecretPolicy, maxSecretPolicy)
		} else if size > 0 && !json.Valid([]byte(spec.ResourcePolicy)) {
			found.add(in("resource_policy"), "Write it with jsonencode or with data.aws_iam_policy_document.", "the resource policy is not JSON")
		}
	} else {
		found.parameterName(in("name"), spec.Name)
	}
	return found
}

func (v *violations) secretName(path []string, name string) {
	const remedy = `Write a name such as "mailer/smtp".`
	switch {
	case name == "":
	case len(name) > maxSecretName:
		v.add(path, remedy, "the name has %d characters, %d more than Secrets Manager's limit of %d", len(name), len(name)-maxSecretName, maxSecretName)
	case strings.HasPrefix(name, "arn:"):
		v.add(path, remedy+" For a secret in another account, write its name here, and in assume_role_arn a role of that account.", "%q is an ARN, not a name", name)
	case !secretNamePattern.MatchString(name):
		v.add(path, remedy, "%q has a character that Secrets Manager does not take in a name; letters, digits and /_+=.@- are", name)
	case secretSuffixPattern.MatchString(name):
		v.add(path, "Choose another ending.", "%q ends with a hyphen and six characters, as ARNs of secrets do, so that Secrets Manager could take it for another secret", name)
	}
}

func (v *violations) parameterName(path []string, name string) {
	const remedy = `Write a name such as "/mailer/smtp".`
	first := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case name == "":
	case len(name) > maxParameterName:
		v.add(path, remedy, "the name has %d characters, %d more than Parameter Store's limit of %d", len(name), len(name)-maxParameterName, maxParameterName)
	case strings.HasPrefix(name, "arn:"):
		v.add(path, remedy+" For a parameter in another account, write its name here, and in assume_role_arn a role of that account.", "%q is an ARN, not a name", name)
	case !parameterNamePattern.MatchString(name):
		v.add(path, remedy, "%q is not the name of a parameter: it has letters, digits and _.-, in parts separated by /", name)
	case strings.Contains(name[1:], "/") && name[0] != '/':
		v.add(path, remedy, "%q has several parts, so it has to start with /", name)
	case strings.HasPrefix(first, "aws"), strings.HasPrefix(first, "ssm"):
		v.add(path, remedy, "%q starts with aws or ssm, which AWS keeps for itself", name)
	case strings.Count(first, "/") >= maxParameterParts:
		v.add(path, remedy, "%q has %d parts; Parameter Store takes %d", name, strings.Count(first, "/")+1, maxParameterParts)
	}
}
