package AliEn::PoD::Settings;

use strict;
use warnings;

use AliEn::PoD;

# A handle belongs to the interpreter that made it.
sub CLONE_SKIP { 1 }

sub new {
    my ($class, $config, $environment) = @_;
    my $self = bless {}, $class;
    $self->_attach;
    foreach my $key (sort keys %{ $config || {} }) {
        next if $key !~ /^(?:(?:CE_|MONALISA_)?POD|PROCESS_PORT)/;
        my $value = $config->{$key};
        $self->_add($key, $_) foreach ref $value eq 'ARRAY' ? grep { defined } @$value : defined $value ? $value : ();
    }
    foreach my $key (sort keys %{ $environment || {} }) {
        $self->_add($key, $environment->{$key}) if $key =~ /^ALIEN_POD_/ && defined $environment->{$key};
    }
    return $self;
}

sub value {
    my ($self, $name) = @_;
    return $self->_value($name, 0);
}

sub list {
    my ($self, $name) = @_;
    my @values;
    while (defined(my $value = $self->_value($name, scalar @values))) {
        push @values, $value;
    }
    return @values;
}

sub required {
    my ($self, $name) = @_;
    $self->_require($name);
    return $self->list($name);
}

sub warnings {
    my ($self) = @_;
    my @warnings;
    while (defined(my $report = $self->_next_report)) {
        push @warnings, $report;
    }
    return @warnings;
}

1;

__END__

=encoding utf8

=head1 NAME

AliEn::PoD::Settings - what AliEn's configuration says about PoD, checked

=head1 SYNOPSIS

    my $settings = AliEn::PoD::Settings->new($self->{CONFIG}, \%ENV);
    my $period   = $settings->value('check_period');
    my @urls     = $settings->required('monalisa_url');

=head1 DESCRIPTION

The settings of F<docs/settings.md>, with the rules, defaults and messages of C<alien-pod settings>: it is the same code.
The environment (C<ALIEN_POD_CHECK_PERIOD>) comes before the CE's entry (C<CE_PODCHECKPERIOD>), the MonaLisa entry
(C<MONALISA_PODCHECKPERIOD>), the VO's entry (C<POD_CHECK_PERIOD>) and the default. Of a key and its twin in C<_LIST> the
list counts.

=head1 METHODS

=head2 AliEn::PoD::Settings->new($config, $environment)

Takes what is ours from two references to hashes; either may be undef.

=head2 $settings->value($name)

The value of a setting by the name of its attribute in lower case without C<pod>, such as C<check_period> for
C<podCheckPeriod>; the first, where there are several; undef where there is none. Dies with an L<AliEn::PoD::Error>: code
78 when what was said can't be taken, with attribute, key and range; 64 for a name that no setting has.

=head2 $settings->list($name)

All values.

=head2 $settings->required($name)

All values; dies with code 78 when there is none.

=head2 $settings->warnings

Things worth telling that change nothing, one line each and only once: keys that are no settings, with the nearest that
is one; bad values that another comes before.

=cut
