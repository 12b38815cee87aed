package sim

import (
	"encoding/base32"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// maxMFA is the number of MFA devices a user can have (IAM quotas).
const maxMFA = 8

var (
	wordPattern = regexp.MustCompile(`^\w+$`)
	serialRule  = rule{9, 256, regexp.MustCompile(`^[\w+=/:,.@-]+$`), `[\w+=/:,.@-]+`, ""}
	mfaNameRule = rule{1, 226, roleNameRule.pattern, roleNameRule.shown, nameCharacters}
	codeRule    = rule{6, 6, regexp.MustCompile(`^[0-9]+$`), `[\d]+`, ""}
)

// onePixel stands for the QR code of a virtual device.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// createVirtualMFADevice hands out the seed, which no other operation gives.
func createVirtualMFADevice(r *request) ([]node, error) {
	name := r.required("VirtualMFADeviceName", mfaNameRule)
	path := r.optional("Path", pathRule, "/")
	tags, err := r.tagList()
	if err != nil {
		return nil, err
	}
	a := r.account
	d := &virtualMFA{serial: "arn:aws:iam::" + a.id + ":mfa" + path + name, tags: tags}
	if a.devices.get(d.serial) != nil {
		return nil, errAlreadyExists("MFADevice entity at the same path and name already exists.")
	}
	a.devices.put(d.serial, d, r.server.lag)
	r.server.serial++
	seed := base32.StdEncoding.EncodeToString([]byte(deriveSecret(indexed("mfa", r.server.serial))))
	r.server.remember(seed)
	return []node{el("VirtualMFADevice",
		text("SerialNumber", d.serial),
		text("Base32StringSeed", base64.StdEncoding.EncodeToString([]byte(seed))),
		text("QRCodePNG", onePixel),
		tagsIfAny(tags),
	)}, nil
}

func errNoDevice(serial string) error {
	return errNoSuchEntity("VirtualMFADevice with serial number %s does not exist.", serial)
}

// enableMFADevice takes any two different codes: the simulator has no
// authenticator. A serial number that is no ARN is a hardware device's.
func enableMFADevice(r *request) ([]node, error) {
	serial := r.required("SerialNumber", serialRule)
	first, second := r.required("AuthenticationCode1", codeRule), r.required("AuthenticationCode2", codeRule)
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	if first == second {
		return nil, newError("InvalidAuthenticationCode", http.StatusForbidden, "Authentication code for device is not valid.")
	}
	a := r.account
	var device *virtualMFA
	if strings.HasPrefix(serial, "arn:") {
		if device = a.devices.get(serial); device == nil {
			return nil, errNoDevice(serial)
		}
		if device.owner != nil {
			return nil, errAlreadyExists("MFA Device is already in use.")
		}
	}
	if u.hasMFA(serial) {
		return nil, errAlreadyExists("MFA Device is already in use.")
	}
	if len(u.mfa) >= maxMFA {
		return nil, errLimitExceeded("Cannot exceed quota for MFADevicesPerUser: %d", maxMFA)
	}
	u.changing()
	u.mfa = append(slices.Clone(u.mfa), mfaUse{serial, r.now})
	if device != nil {
		a.changeDevice(device, u, r)
	}
	return nil, nil
}

// changeDevice notes whose a virtual device is; nil is nobody's.
func (a *Account) changeDevice(d *virtualMFA, owner *user, r *request) {
	a.devices.touch(d.serial, r.server.lag, func(d *virtualMFA) *virtualMFA { c := *d; return &c })
	d.owner, d.since = owner, r.now
}

func (u *user) hasMFA(serial string) bool {
	return slices.ContainsFunc(u.mfa, func(m mfaUse) bool { return m.serial == serial })
}

func deactivateMFADevice(r *request) ([]node, error) {
	serial := r.required("SerialNumber", serialRule)
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if !u.hasMFA(serial) {
		return nil, errNoSuchEntity("MFA Device invalid for user.")
	}
	u.changing()
	u.mfa = slices.DeleteFunc(slices.Clone(u.mfa), func(m mfaUse) bool { return m.serial == serial })
	if d := r.account.devices.get(serial); d != nil {
		r.account.changeDevice(d, nil, r)
	}
	return nil, nil
}

func deleteVirtualMFADevice(r *request) ([]node, error) {
	serial := r.required("SerialNumber", serialRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	d := r.account.devices.get(serial)
	if d == nil {
		return nil, errNoDevice(serial)
	}
	if d.owner != nil {
		return nil, errDeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
	}
	r.account.devices.remove(serial, r.server.lag)
	return nil, nil
}

func listMFADevices(r *request) ([]node, error) {
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	return pagedMembers(r, "MFADevices", u.mfa, func(m mfaUse) node {
		return el("member", text("UserName", u.name), text("SerialNumber", m.serial), date("EnableDate", m.enabled))
	})
}

// listVirtualMFADevices leaves seeds, tags and the tags of the users out.
func listVirtualMFADevices(r *request) ([]node, error) {
	status := r.enum("AssignmentStatus", "Any", "Assigned", "Unassigned", "Any")
	if err := r.checked(); err != nil {
		return nil, err
	}
	var devices []*virtualMFA
	for _, key := range r.account.devices.from("") {
		d := r.account.devices.read(key)
		if d != nil && (status == "Any" || (status == "Assigned") == (d.owner != nil)) {
			devices = append(devices, d)
		}
	}
	return pagedMembers(r, "VirtualMFADevices", devices, func(d *virtualMFA) node {
		n := el("member", text("SerialNumber", d.serial))
		if d.owner != nil {
			n.kids = append(n.kids, d.owner.node(false), date("EnableDate", d.since))
		}
		return n
	})
}
