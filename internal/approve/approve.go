// Package approve is the command that shows what an approval would allow, asks, and signs it. What it reads is a plan that
// anybody may have written, so it signs nothing but what it has shown, and shows nothing as it came.
package approve

import (
	"bufio"
	"crypto"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Exit codes.
const (
	exitSigned = iota
	exitNotSigned
	exitUsage
)

const usage = `Usage: terraform-provider-governed approve --plan plan.json --key key.pem --approver NAME [options]

Shows what an approval would allow, asks on the terminal, and prints the signed approval. There is no option that answers for
you: what nobody looks at is signed with any JWS tool, as the guide "Approvals" describes.

  --plan FILE      what terraform show -json plan.tfplan has written; - reads it from the standard input
  --key FILE       private key in PEM: Ed25519, ECDSA on P-256, or RSA of 2048 bits or more; - reads it from the standard input
  --approver NAME  who approves, for the record
  --ticket TEXT    which request it answers, for the record; that of the identity where it is left out
  --days N         how long it holds, from now on; 90 where it is left out, and no longer than the policy's approval_max_days
  --address NAME   which resource it is for, where the plan has several that need one

Exit codes: 0 the approval is on the standard output, 1 nothing was signed, 2 the command line is wrong.
`

// System is what the command has of the world. The approval alone goes to Out, everything else to Err.
type System struct {
	In       io.Reader
	Out, Err io.Writer
	// Terminal is where the answer comes from, whatever In is.
	Terminal func() (io.ReadCloser, error)
	Clock    governance.Clock
}

// OS is the real world.
func OS() System {
	terminal := "/dev/tty"
	if runtime.GOOS == "windows" {
		terminal = "CONIN$"
	}
	return System{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Clock: governance.SystemClock{},
		Terminal: func() (io.ReadCloser, error) { return os.OpenFile(terminal, os.O_RDWR, 0) },
	}
}

// options are the command line.
type options struct {
	plan, key, approver, ticket, address string
	days                                 int
}

// defaultDays is how long an approval holds where nobody says.
const defaultDays = 90

// Run runs the command and returns its exit code.
func Run(arguments []string, system System) int {
	asked, err := parse(arguments)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(system.Err, usage)
		return exitSigned
	}
	if err != nil {
		fmt.Fprintf(system.Err, "%s\n\n%s", governance.Printable(err.Error()), usage)
		return exitUsage
	}
	token, err := asked.sign(system)
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(system.Err, "Error: %s\n", wrong)
		return exitUsage
	case err != nil:
		fmt.Fprintf(system.Err, "Error: %s\n", err)
		return exitNotSigned
	}
	if _, err := fmt.Fprintln(system.Out, token); err != nil {
		fmt.Fprintf(system.Err, "Error: the approval cannot be written: %s\n", err)
		return exitNotSigned
	}
	return exitSigned
}

// usageError is a fault of the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

func parse(arguments []string) (o options, err error) {
	flags := flag.NewFlagSet("approve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.plan, "plan", "", "")
	flags.StringVar(&o.key, "key", "", "")
	flags.StringVar(&o.approver, "approver", "", "")
	flags.StringVar(&o.ticket, "ticket", "", "")
	flags.StringVar(&o.address, "address", "", "")
	flags.IntVar(&o.days, "days", defaultDays, "")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, usageError(fmt.Sprintf("%q is no option", flags.Arg(0)))
	case o.plan == "" || o.key == "" || o.approver == "":
		return o, usageError("--plan, --key and --approver are needed")
	case o.plan == "-" && o.key == "-":
		return o, usageError("the plan and the key cannot both come from the standard input")
	case o.days < 1 || o.days > mostDays:
		return o, usageError(fmt.Sprintf("--days is %d, and can be 1 to %d", o.days, mostDays))
	}
	return o, nil
}

// mostDays is the longest that any policy can allow.
const mostDays = 36500

// sign shows, asks and signs.
func (o options) sign(system System) (string, error) {
	plan, err := readInput(o.plan, "the plan", maxPlan, system.In)
	if err != nil {
		return "", err
	}
	request, err := pick(plan, o.address)
	if err != nil {
		return "", err
	}
	if o.ticket == "" {
		o.ticket = request.ticket
	}
	if o.ticket == "" {
		return "", usageError("--ticket is needed, because the identity has none")
	}
	key, err := o.readKey(system.In)
	if err != nil {
		return "", err
	}
	now := system.Clock.Now().UTC().Truncate(time.Second)
	claims := request.claims
	claims.Approver, claims.Ticket = o.approver, o.ticket
	claims.IssuedAt, claims.Expiry = now.Unix(), now.AddDate(0, 0, o.days).Unix()
	if problem := claims.Problem(); problem != "" {
		return "", errors.New("it cannot be approved: " + problem)
	}
	name, err := approval.KeyName(key.Public())
	if err != nil {
		return "", err
	}
	show(system.Err, request, claims, o.days, name)
	fmt.Fprint(system.Err, "\nNothing is signed but what stands here. Only \"yes\" signs it: ")
	if err := confirm(system); err != nil {
		return "", err
	}
	token, err := approval.Sign(claims, key)
	if err != nil {
		return "", fmt.Errorf("it cannot be approved: %w", err)
	}
	fmt.Fprintf(system.Err, "\nSigned. Write it as the argument approval of %s:\n\n", governance.Printable(request.address))
	return token, nil
}

// maxAnswer is how many characters of an answer are read.
const maxAnswer = 100

func confirm(system System) error {
	terminal, err := system.Terminal()
	if err != nil {
		return fmt.Errorf("there is no terminal to ask on, so nothing is signed: %w", err)
	}
	defer terminal.Close()
	answer, err := bufio.NewReader(io.LimitReader(terminal, maxAnswer)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the answer cannot be read, so nothing is signed: %w", err)
	}
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing is signed")
	}
	return nil
}

// readKey reads the private key.
func (o options) readKey(in io.Reader) (crypto.Signer, error) {
	if o.key != "-" {
		if err := private(o.key); err != nil {
			return nil, err
		}
	}
	text, err := readInput(o.key, "the key", maxKey, in)
	if err != nil {
		return nil, err
	}
	return parseKey(text)
}

// readInput reads a file, or the standard input.
func readInput(name, what string, most int64, in io.Reader) ([]byte, error) {
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // the user names the file
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", what, err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", what, err)
	case int64(len(text)) > most:
		return nil, fmt.Errorf("%s is larger than %d bytes", what, most)
	}
	return text, nil
}
