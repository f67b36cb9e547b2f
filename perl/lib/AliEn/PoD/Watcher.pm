package AliEn::PoD::Watcher;

use strict;
use warnings;

use AliEn::PoD;

# The status of a step that has found a master, and of one that has to wait, see alien_pod.h.
my ($OK, $WAIT) = (0, 1);

my %PATHS = (directory => 1, trusted_keys_file => 1);
my %SETTINGS = map { $_ => 1 }
    qw(check_period run_time directory master_job_id trusted_keys_file allow_unsigned user);

# Those of which there may be several: a value, or a reference to a list.
my @LISTS = qw(repository trusted_key revoked);

# A handle belongs to the interpreter that made it.
sub CLONE_SKIP { 1 }

sub new {
    my ($class, %arguments) = @_;
    my $self = bless {}, $class;
    $self->{log} = delete $arguments{log};
    my %lists = map { $_ => delete $arguments{$_} } @LISTS;
    $self->_attach;
    foreach my $name (sort keys %arguments) {
        if (!$SETTINGS{$name}) {
            AliEn::PoD::_refuse("unknown argument '$name' of a watcher");
        }
        next if !defined $arguments{$name};
        $self->_set($name, $arguments{$name}, $PATHS{$name} ? 1 : 0);
    }
    foreach my $name (@LISTS) {
        my $values = $lists{$name};
        $self->_set($name, $_, 0) foreach ref $values ? @$values : defined $values ? $values : ();
    }
    return $self;
}

sub check {
    my ($self) = @_;
    $self->_begin(1);
    return $self->_go_on;
}

sub run {
    my ($self, %arguments) = @_;
    my $while_waiting = delete $arguments{while_waiting};
    foreach my $name (sort keys %arguments) {
        if ($name ne 'run_time' && $name ne 'check_period') {
            AliEn::PoD::_refuse("unknown argument '$name' of run");
        }
        $self->_set($name, $arguments{$name}, 0);
    }
    $self->_begin(0);
    return $self->_go_on($while_waiting);
}

sub worker_ended {
    my ($self, $exit_code) = @_;
    return $self->_worker_ended($exit_code);
}

sub _go_on {
    my ($self, $while_waiting) = @_;
    my $status;
    while (($status = $self->_step) == $WAIT) {
        $self->_tell;
        $self->_wait;
        return undef if $while_waiting && $while_waiting->();
    }
    $self->_tell;
    return $status == $OK ? $self->_found : undef;
}

sub _tell {
    my ($self) = @_;
    while (defined(my $report = $self->_next_report)) {
        $self->{log}->($report) if $self->{log};
    }
    return;
}

1;

__END__

=head1 NAME

AliEn::PoD::Watcher - looks for PoD masters that want workers

=head1 SYNOPSIS

    my $watcher = AliEn::PoD::Watcher->new(
        repository     => 'http://alimonitor.cern.ch',
        check_period   => 30,
        run_time       => 300,
        directory      => $workdir,
        trusted_key    => $key,
    );
    if (my $found = $watcher->run) {
        print "master $found->{master_job_id} at $found->{address}, see $found->{server_info}\n";
    }

=head1 METHODS

Each dies with an L<AliEn::PoD::Error> for a wrong argument.

=head2 AliEn::PoD::Watcher->new(%arguments)

=over

=item repository

The base URL of a MonALISA repository, or a list of them: when one fails, the next is asked.

=item check_period

I<y>, seconds between checks, 1 to 3600; 30 by default. The first comes after a random part of it.

=item run_time

I<x>, seconds that C<run> goes on, 0 to 86400; 300 by default; 0 = never check.

=item directory

Where F<server_info.cfg>, in PoD's format, and F<server_info.json> are written; must be a directory of this user that
nobody else can write to. Without it nothing is written.

=item master_job_id

The one master to look for; any by default.

=item trusted_key

A public Ed25519 key in base64, or a list of them: advertisements count whose ticket one of them has signed.

=item trusted_keys_file

A file with such keys, one a line; it is read at each C<check> and C<run>, and then C<trusted_key> does not count.

=item revoked

The thumbprint (RFC 7638) in base64 of a key that counts no more, or a list of them.

=item allow_unsigned

1 to believe what is not signed as it has to be, though anyone can send that; C<log> is warned each time. Without it that is
not believed.

=item user

The C<user> in F<server_info.cfg>; the login name by default.

=item log

A subroutine that is given each thing worth telling, as one line.

=back

=head2 $watcher->check

One look now. Returns a reference to a hash with C<master_job_id>, C<host>, C<port>, C<address>, C<protocol>, C<wanted>,
C<farm>, C<reported_at> (milliseconds since 1970), C<age> (seconds), C<owner>, whose ticket the master has, where that was
verified, and C<server_info> and C<server_info_json>, the names
of the files that were written; or undef when no master wants workers. Dies when the repository can't be asked.

=head2 $watcher->run(%arguments)

Looks every I<y> for I<x> seconds until a master is found; returns as C<check> does. A repository that fails is told to
C<log> and asked again, less often. Signal handlers run, and may die. C<run_time> and C<check_period> may be given anew.
C<while_waiting> is a subroutine that is called at least every 0.2 s; when it returns true, the run ends.

=head2 $watcher->worker_ended($exit_code)

Tells how the worker for the master last found ended: 69 (full or gone), 75 (try later) and 77 (refused) keep this
watcher from that master for a while.

=cut
