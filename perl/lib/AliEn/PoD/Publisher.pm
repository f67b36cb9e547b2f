package AliEn::PoD::Publisher;

use strict;
use warnings;

use AliEn::PoD;

# The status of a step that has to wait, see alien_pod.h. No `use constant`: it takes as long to load as our library.
my $WAIT = 1;

my %PATHS = (status_file => 1);
my %SETTINGS = map { $_ => 1 } qw(master_job_id address wanted share protocol period rate status_file);

# A handle belongs to the interpreter that made it.
sub CLONE_SKIP { 1 }

sub new {
    my ($class, %arguments) = @_;
    my $self = bless {}, $class;
    $self->{log} = delete $arguments{log};
    my $destinations = delete $arguments{destinations};
    $self->_attach;
    $self->_take(\%arguments);
    foreach my $destination (ref $destinations ? @$destinations : defined $destinations ? $destinations : ()) {
        $self->_set('destination', $destination, 0);
    }
    return $self;
}

sub publish {
    my $self = shift;
    $self->_take({@_}) if @_;
    $self->_prepare_destinations if !$self->{is_prepared};
    my $datagrams = $self->_publish;
    $self->_tell if $self->{log};
    return $datagrams;
}

sub run {
    my ($self, %arguments) = @_;
    $self->_take(\%arguments);
    $self->_prepare_destinations;
    while ($self->_step == $WAIT) {
        $self->_tell;
        $self->_wait;
    }
    $self->_tell;
    return $self->_message;
}

sub _take {
    my ($self, $arguments) = @_;
    foreach my $name (sort keys %$arguments) {
        if (!$SETTINGS{$name}) {
            AliEn::PoD::_refuse("unknown argument '$name' of a publisher");
        }
        next if !defined $arguments->{$name};
        $self->_set($name, $arguments->{$name}, $PATHS{$name} ? 1 : 0);
    }
    return;
}

sub _prepare_destinations {
    my ($self) = @_;
    while ($self->_prepare == $WAIT) {
        $self->_wait;
    }
    $self->{is_prepared} = 1;
    return;
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

AliEn::PoD::Publisher - sends the advertisements of a PoD master to MonALISA

=head1 SYNOPSIS

    my $publisher = AliEn::PoD::Publisher->new(
        master_job_id => $id,
        address       => "$host:$port",
        destinations  => ['monalisa.site:8884'],
        wanted        => 10,
    );
    $publisher->publish(wanted => 7);
    $publisher->run(status_file => $file);

=head1 METHODS

Each dies with an L<AliEn::PoD::Error> for a wrong argument.

=head2 AliEn::PoD::Publisher->new(%arguments)

Arguments, all optional but what C<publish> or C<run> needs:

=over

=item master_job_id

1 to 2^63 - 1, in decimal.

=item address

C<host:port> where workers connect; an IPv6 address in brackets.

=item wanted

Free slots, 0 to 1000000; 0 is a withdrawal. 1 by default.

=item share

The part of the watchers that should claim, above 0 to 1. Not sent by default.

=item protocol

C<alien-pod/1>, the default, or C<pod-agent/6> for a PoD server.

=item period

Seconds between the advertisements of C<run>, 1 to 25; 20 by default.

=item rate

Messages a second to each destination, 20 by default; 0 for no limit.

=item status_file

A master's status file: C<run> sends what the master puts there.

=item destinations

A list of C<host[:port][ password]>, names of ApMon configuration files (with a C</>), or their URLs.

=item log

A subroutine that is given each thing worth telling, as one line.

=back

=head2 $publisher->publish(%arguments)

Sends one advertisement, with the arguments changed as given. Returns the number of datagrams sent: 0 when the rate limit
held it back. Dies with code 69 when it could be sent to no destination at all.

=head2 $publisher->run(%arguments)

Sends on, each C<period>, or with C<status_file> what the master puts there, until the master is gone. Signal handlers
run, and may die. Returns why it ended.

=head2 $publisher->datagrams

How many datagrams this object sent in this process.

=cut
